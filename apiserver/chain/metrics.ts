import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ApiResponse } from "../../api/exchange.ts";
import { answerHeaders } from "./answer.ts";
import type { RequestContext } from "./context.ts";
import type { RequestInfo } from "./request-info.ts";
import { LATENCY_BUCKETS_S, RequestStatistics } from "./request-statistics.ts";

const REQUEST_LABELS = ["verb", "group", "version", "resource", "subresource", "scope"];

/** Where the numbers that are not about requests come from. */
export interface MetricSources {
  objects(): Iterable<{ resource: string; count: number; watchers: number }>;
  revision(): number;
  /** Whether a request, answered with this code, was for a resource that there is. */
  isServed(info: RequestInfo, status: number): boolean;
}

/** What the server counts, in Prometheus' text format at /metrics; names as kube-apiserver's. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #statistics: RequestStatistics;

  constructor(sources: MetricSources) {
    const registers = [this.#registry];
    const statistics = new RequestStatistics((info, status) => sources.isServed(info, status));
    this.#statistics = statistics;
    new Counter({
      name: "apiserver_request_total",
      help: "Requests by verb, group, version, resource, scope and HTTP code.",
      labelNames: [...REQUEST_LABELS, "code"],
      registers,
      collect() {
        this.reset();
        for (const { labels, codes } of statistics.all()) for (const [code, count] of codes) this.inc({ ...labels, code: String(code) }, count);
      },
    });
    this.#registry.registerMetric(latencyHistogram(statistics));
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
    // What is nobody's path, or no known resource, would be a series for each typing error.
    if (status === 404 && (!info.isResource || info.name === "")) return;
    this.#statistics.record(info, status, took_ms);
  }

  /** /metrics; undefined for other paths. */
  async answer(context: RequestContext): Promise<ApiResponse | undefined> {
    if (context.info.path !== "/metrics") return undefined;
    const text = await this.#registry.metrics();
    return { status: 200, headers: answerHeaders(context, this.#registry.contentType), body: { type: "bytes", bytes: Buffer.from(text) } };
  }
}

const HELP = "Time until the answer's head, by verb and resource; watches are left out.";

/** A histogram whose values come from the statistics when somebody asks. */
function latencyHistogram(statistics: RequestStatistics): Histogram {
  const name = "apiserver_request_duration_seconds";
  const histogram = new Histogram({ name, help: HELP, labelNames: REQUEST_LABELS, buckets: LATENCY_BUCKETS_S, registers: [] });
  const values = () => {
    const lines: { labels: Record<string, string | number>; sharedLabels: object; value: number; metricName: string }[] = [];
    for (const { labels, buckets, sum_s, count } of statistics.all()) {
      // Watches are counted, but take no time.
      if (count === 0) continue;
      let seen = 0;
      for (const [index, le] of [...LATENCY_BUCKETS_S, "+Inf"].entries()) {
        seen += buckets[index] ?? 0;
        lines.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, sharedLabels: {}, value: seen });
      }
      lines.push({ metricName: `${name}_sum`, labels, sharedLabels: {}, value: sum_s }, { metricName: `${name}_count`, labels, sharedLabels: {}, value: count });
    }
    return lines;
  };
  // What prom-client asks histograms for when it prints them, not `get`; it is in none of its types.
  return Object.assign(histogram, { getForPromString: async () => ({ name, help: HELP, type: "histogram", values: values(), aggregator: "sum" }) });
}
