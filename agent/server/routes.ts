import { HttpError } from "./http-error.ts";

export type StreamKind = "exec" | "attach" | "portForward";

/** What a request asks for. Names are decoded; kubelet's paths, with and without the pod's uid. */
export type Route =
  | { readonly type: "healthz" | "metrics" | "resource-metrics" | "pods" | "stats" }
  | { readonly type: "logs"; readonly namespace: string; readonly pod: string; readonly container: string; readonly query: URLSearchParams }
  | { readonly type: "tunnel"; readonly namespace: string; readonly pod: string; readonly uid: string; readonly port: number; readonly ip: string }
  | { readonly type: "stream"; readonly kind: StreamKind; readonly namespace: string; readonly pod: string; readonly uid: string | undefined; readonly container: string; readonly query: URLSearchParams };

const SIMPLE: Readonly<Record<string, "healthz" | "metrics" | "resource-metrics" | "pods" | "stats">> = {
  "/healthz": "healthz",
  "/metrics": "metrics",
  "/metrics/resource": "resource-metrics",
  "/pods": "pods",
  "/pods/": "pods",
  "/stats/summary": "stats",
};

/** @throws HttpError 404 for a path that is none, 400 for one that cannot be read */
export function parseRoute(url: string): Route {
  const { pathname, searchParams } = parse(url);
  const simple = SIMPLE[pathname];
  if (simple !== undefined) return { type: simple };
  const [, head, ...rest] = pathname.split("/");
  const parts = rest.filter((part) => part !== "").map(decode);
  const [namespace = "", pod = ""] = parts;
  if (head === "containerLogs" && parts.length === 3) return { type: "logs", namespace, pod, container: parts[2] as string, query: searchParams };
  if ((head === "exec" || head === "attach") && (parts.length === 3 || parts.length === 4)) {
    const uid = parts.length === 4 ? parts[2] : undefined;
    return { type: "stream", kind: head, namespace, pod, uid, container: parts.at(-1) as string, query: searchParams };
  }
  if (head === "portForward" && (parts.length === 2 || parts.length === 3)) return { type: "stream", kind: "portForward", namespace, pod, uid: parts[2], container: "", query: searchParams };
  if (head === "tunnel" && parts.length === 4) return { type: "tunnel", namespace, pod, uid: parts[2] as string, port: Number(parts[3]), ip: searchParams.get("ip") ?? "" };
  throw new HttpError(404, "404 page not found");
}

function parse(url: string): URL {
  try {
    return new URL(url, "https://node");
  } catch {
    throw new HttpError(400, "the request's URL cannot be read");
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpError(400, "the request's path cannot be read");
  }
}
