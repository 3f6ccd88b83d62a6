import type { RequestInfo } from "./request-info.ts";

/** Upper bounds in seconds, as kube-apiserver's. */
export const LATENCY_BUCKETS_S = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
/** Distinct combinations counted one by one; the resources that are served bound them, this only makes sure. */
const MAX_SERIES = 10_000;

export interface RequestSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly codes: Map<number, number>;
  /** Requests by bucket, not cumulative; the last one is beyond all bounds. */
  readonly buckets: Uint32Array;
  sum_s: number;
  count: number;
}

/** Counts every request: on the hot path, so in plain maps and arrays. */
export class RequestStatistics {
  readonly #series = new Map<string, RequestSeries>();

  record(info: RequestInfo, status: number, took_ms: number): void {
    const series = this.#of(info);
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

  all(): Iterable<RequestSeries> {
    return this.#series.values();
  }

  #of(info: RequestInfo): RequestSeries | undefined {
    const scope = scopeOf(info);
    const key = `${info.verb} ${info.group} ${info.version} ${info.resource} ${info.subresource} ${scope}`;
    let series = this.#series.get(key);
    if (series === undefined && this.#series.size < MAX_SERIES) {
      const labels = { verb: info.verb.toUpperCase(), group: info.group, version: info.version, resource: info.resource, subresource: info.subresource, scope };
      series = { labels, codes: new Map(), buckets: new Uint32Array(LATENCY_BUCKETS_S.length + 1), sum_s: 0, count: 0 };
      this.#series.set(key, series);
    }
    return series;
  }
}

function scopeOf(info: RequestInfo): string {
  if (!info.isResource) return "";
  if (info.name !== "" && info.verb !== "list" && info.verb !== "watch") return "resource";
  return info.namespace === "" ? "cluster" : "namespace";
}
