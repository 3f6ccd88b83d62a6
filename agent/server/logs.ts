import type { ServerResponse } from "node:http";
import { join } from "node:path";
import type { ContainerStatus, Pod } from "../../api/wire.ts";
import type { Clock } from "../../lib/clock.ts";
import { type LogOptions, readLog } from "../log/read-log.ts";
import { containerLogName, type NodePaths, podLogDir } from "../pod/paths.ts";
import { newestOf, type PodRuntime } from "../pod/runtime-state.ts";
import { findContainer } from "../pod/spec.ts";
import { HttpError } from "./http-error.ts";

export interface LogRequest {
  readonly pod: Pod;
  /** As it is now, and whenever asked. */
  readonly runtime: () => PodRuntime;
  readonly container: string;
  readonly query: URLSearchParams;
  readonly paths: NodePaths;
  readonly clock: Clock;
}

/** @throws HttpError 400 with kubelet's words */
export function logOptions(query: URLSearchParams, now_ms: number): LogOptions & { readonly previous: boolean } {
  const number = (name: string) => {
    const text = query.get(name);
    if (text === null || text === "") return undefined;
    if (!/^\d+$/.test(text)) throw new HttpError(400, `invalid value for ${name}: ${JSON.stringify(text)}`);
    return Number(text);
  };
  const flag = (name: string) => ["true", "1"].includes(query.get(name) ?? "");
  const tailLines = number("tailLines");
  const limitBytes = number("limitBytes");
  const since_s = number("sinceSeconds");
  const sinceTime = query.get("sinceTime");
  const since_ms = since_s !== undefined ? now_ms - since_s * 1000 : sinceTime === null ? undefined : Date.parse(sinceTime);
  if (since_ms !== undefined && Number.isNaN(since_ms)) throw new HttpError(400, `invalid value for sinceTime: ${JSON.stringify(sinceTime)}`);
  const stream = query.get("stream");
  return {
    follow: flag("follow"),
    timestamps: flag("timestamps"),
    previous: flag("previous"),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(since_ms === undefined ? {} : { since_ms }),
    ...(stream === "Stdout" ? { stream: "stdout" as const } : stream === "Stderr" ? { stream: "stderr" as const } : {}),
  };
}

/** Answers `containerLogs`. @throws HttpError before anything was written */
export async function serveLogs(request: LogRequest, response: ServerResponse): Promise<void> {
  const { clock, query } = request;
  const { previous, ...options } = logOptions(query, clock.now_ms());
  const attempt = attemptToShow(request, previous);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const source = {
    path: join(podLogDir(request.paths, request.pod), containerLogName(request.container, attempt)),
    isRunning: () => request.runtime().containers.some((record) => record.name === request.container && record.attempt === attempt && record.state !== "exited"),
    clock,
    signal: gone.signal,
  };
  const chunks = readLog(source, options);
  const first = await chunks.next().catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return { done: true as const, value: undefined };
    throw error;
  });
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
  response.flushHeaders();
  for (let next = first; next.done !== true && !gone.signal.aborted; next = await chunks.next()) await write(response, next.value, gone.signal);
  response.end();
}

function write(response: ServerResponse, chunk: Buffer, signal: AbortSignal): Promise<void> {
  if (response.write(chunk) || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** Which run of the container is asked for. @throws HttpError 400 with kubelet's words when there is none */
function attemptToShow(request: LogRequest, previous: boolean): number {
  const { pod, container } = request;
  const name = pod.metadata.name ?? "";
  if (findContainer(pod, container) === undefined) throw new HttpError(400, `container ${container} is not valid for pod ${name}`);
  const status = statusOf(pod, container);
  const newest = newestOf(request.runtime(), container);
  const attempt = newest?.attempt ?? attemptOf(status);
  if (attempt === undefined) throw new HttpError(400, previous ? `previous terminated container "${container}" in pod "${name}" not found` : `container "${container}" in pod "${name}" is ${whyNot(status)}`);
  if (!previous) return attempt;
  // While it waits to be started again its last run is the previous one.
  if (newest?.state === "exited" && status?.state?.waiting !== undefined) return attempt;
  if (attempt === 0) throw new HttpError(400, `previous terminated container "${container}" in pod "${name}" not found`);
  return attempt - 1;
}

/** Why there is no log, in kubelet's words. */
function whyNot(status: ContainerStatus | undefined): string {
  if (status?.state?.terminated !== undefined) return "terminated";
  const reason = status?.state?.waiting?.reason ?? "ContainerCreating";
  const words = { ErrImagePull: "image can't be pulled", ImagePullBackOff: "trying and failing to pull image" }[reason] ?? reason;
  return `waiting to start: ${words}`;
}

/** Of a container that the runtime has forgotten: it ran if it ever had an id. */
function attemptOf(status: ContainerStatus | undefined): number | undefined {
  return status?.containerID === undefined || status.containerID === "" ? undefined : status.restartCount;
}

function statusOf(pod: Pod, container: string): ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find((status) => status.name === container);
}
