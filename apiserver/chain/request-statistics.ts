import type { RequestInfo } from "./request-info.ts";

/** Upper bounds in seconds, as kube-apiserver's. */
export const LATENCY_BUCKETS_S = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
/** Distinct combinations counted one by one; the resources that are served bound them, this only makes sure. */
const MAX_SERIES = 10_000;

/** Verbs of requests that are for no resource; any other method is "other". */
const METHODS: ReadonlySet<string> = new Set(["get", "head", "post", "put", "patch", "delete", "options"]);
const VERBS: ReadonlySet<string> = new Set(["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]);

/** Labels of a series, as kube-apiserver names them. */
type RequestLabels = Readonly<Record<"verb" | "group" | "version" | "resource" | "subresource" | "scope", string>>;

export interface RequestSeries {
  /** As in RequestInfo; the label is in upper case. */
  readonly verb: string;
  readonly labels: RequestLabels;
  readonly codes: Map<number, number>;
  /** Requests by bucket, not cumulative; the last one is beyond all bounds. */
  readonly buckets: Uint32Array;
  sum_s: number;
  count: number;
}

/** Counts every request: on the hot path, so in plain maps and arrays. */
export class RequestStatistics {
  /** By resource ("" for what is none): no key is put together for a request. */
  readonly #series = new Map<string, RequestSeries[]>();
  #count = 0;
  readonly #isServed: (info: RequestInfo, status: number) => boolean;

  /** `isServed`: it is for a resource that there is. All others are counted together, or anybody's typing would fill the memory. */
  constructor(isServed: (info: RequestInfo, status: number) => boolean) {
    this.#isServed = isServed;
  }

  record(info: RequestInfo, status: number, took_ms: number): void {
    const series = this.#of(info, status);
    if (series === undefined) return;
    series.codes.set(status, (series.codes.get(status) ?? 0) + 1);
    if (info.verb === "watch") return;
    const took_s = took_ms / 1000;
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS_S.length && took_s > LATENCY_BUCKETS_S[bucket]!) bucket++;
    series.buckets[bucket]!++;
    series.sum_s += took_s;
    series.count++;
  }

  *all(): Generator<RequestSeries> {
    for (const series of this.#series.values()) yield* series;
  }

  #of(info: RequestInfo, status: number): RequestSeries | undefined {
    const { verb, group, version, resource, subresource } = info;
    const scope = scopeOf(info);
    const known = this.#find(verb, group, version, resource, subresource, scope);
    if (known !== undefined) return known;
    if (info.isResource && this.#isServed(info, status)) return this.#add({ verb, group, version, resource, subresource, scope });
    const named = (info.isResource ? VERBS : METHODS).has(verb) ? verb : "other";
    return this.#find(named, "", "", "", "", scope) ?? this.#add({ verb: named, group: "", version: "", resource: "", subresource: "", scope });
  }

  #find(verb: string, group: string, version: string, resource: string, subresource: string, scope: string): RequestSeries | undefined {
    return this.#series.get(resource)?.find((series) => series.verb === verb && series.labels.subresource === subresource && series.labels.scope === scope && series.labels.version === version && series.labels.group === group);
  }

  #add(labels: RequestLabels): RequestSeries | undefined {
    if (this.#count >= MAX_SERIES) return undefined;
    const { verb, resource } = labels;
    const series = { verb, labels: { ...labels, verb: verb.toUpperCase() }, codes: new Map(), buckets: new Uint32Array(LATENCY_BUCKETS_S.length + 1), sum_s: 0, count: 0 };
    const ofResource = this.#series.get(resource);
    if (ofResource === undefined) this.#series.set(resource, [series]);
    else ofResource.push(series);
    this.#count++;
    return series;
  }
}

function scopeOf(info: RequestInfo): string {
  if (!info.isResource) return "";
  if (info.name !== "" && info.verb !== "list" && info.verb !== "watch") return "resource";
  return info.namespace === "" ? "cluster" : "namespace";
}
