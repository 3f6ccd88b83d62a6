import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ApiResponse } from "../../api/exchange.ts";
import { answerHeaders } from "./answer.ts";
import type { RequestContext } from "./context.ts";

const LATENCY_BUCKETS_S = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** What the server counts, in Prometheus' text format at /metrics; names as kube-apiserver's. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #latency: Histogram;

  constructor(sources: { objects(): Iterable<{ resource: string; count: number; watchers: number }>; revision(): number }) {
    const registers = [this.#registry];
    this.#requests = new Counter({ name: "apiserver_request_total", help: "Requests by verb, group, version, resource, scope and HTTP code.", labelNames: ["verb", "group", "version", "resource", "subresource", "scope", "code"], registers });
    this.#latency = new Histogram({ name: "apiserver_request_duration_seconds", help: "Time until the answer's head, by verb and resource; watches are left out.", labelNames: ["verb", "group", "version", "resource", "subresource", "scope"], buckets: LATENCY_BUCKETS_S, registers });
    new Gauge({
      name: "apiserver_storage_objects",
      help: "Objects by resource.",
      labelNames: ["resource"],
      registers,
      collect() {
        for (const { resource, count } of sources.objects()) this.set({ resource }, count);
      },
    });
    new Gauge({
      name: "apiserver_longrunning_requests",
      help: "Open watches by resource.",
      labelNames: ["resource", "verb"],
      registers,
      collect() {
        for (const { resource, watchers } of sources.objects()) this.set({ resource, verb: "WATCH" }, watchers);
      },
    });
    new Gauge({
      name: "berth_store_revision",
      help: "The store's revision that the cache has reached.",
      registers,
      collect() {
        this.set(sources.revision());
      },
    });
  }

  observe(context: Pick<RequestContext, "info">, status: number, took_ms: number): void {
    const { info } = context;
    const labels = { verb: info.verb.toUpperCase(), group: info.group, version: info.version, resource: info.isResource ? info.resource : "", subresource: info.subresource, scope: scopeOf(info) };
    if (!info.isResource && status === 404) return;
    this.#requests.inc({ ...labels, code: String(status) });
    if (info.verb !== "watch") this.#latency.observe(labels, took_ms / 1000);
  }

  /** /metrics; undefined for other paths. */
  async answer(context: RequestContext): Promise<ApiResponse | undefined> {
    if (context.info.path !== "/metrics") return undefined;
    const text = await this.#registry.metrics();
    return { status: 200, headers: answerHeaders(context, this.#registry.contentType), body: { type: "bytes", bytes: Buffer.from(text) } };
  }
}

function scopeOf(info: RequestContext["info"]): string {
  if (!info.isResource) return "";
  if (info.name !== "" && info.verb !== "list" && info.verb !== "watch") return "resource";
  return info.namespace === "" ? "cluster" : "namespace";
}
