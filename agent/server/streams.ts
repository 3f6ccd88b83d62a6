import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { CriClient } from "../cri/cri-client.ts";
import { currentSandbox, newestOf, type PodRuntime } from "../pod/runtime-state.ts";
import { HttpError } from "./http-error.ts";
import type { Route } from "./routes.ts";

type StreamRoute = Extract<Route, { type: "stream" }>;

/** Headers that make an upgrade what it is; the runtime's streaming server gets these and no others. */
const FORWARDED = /^(connection|upgrade|sec-websocket-.*|x-stream-protocol-version|content-length|origin)$/;
const CONNECT_TIMEOUT_MS = 10_000;

/** The runtime's address for one exec, attach or port-forward. @throws HttpError with kubelet's words */
export async function streamUrl(cri: CriClient, route: StreamRoute, runtime: PodRuntime): Promise<URL> {
  const { query } = route;
  if (route.kind === "portForward") {
    const sandbox = currentSandbox(runtime);
    if (sandbox?.ready !== true) throw new HttpError(404, `unable to do port forwarding: pod ${route.pod} is not running`);
    const ports = [...query.getAll("port"), ...query.getAll("ports")].flatMap((text) => text.split(",")).map(Number);
    if (ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65_535)) throw new HttpError(400, "invalid port");
    const { url } = await cri.runtime.PortForward({ podSandboxId: sandbox.id, port: ports });
    return new URL(url);
  }
  const record = newestOf(runtime, route.container);
  if (record?.state !== "running") throw new HttpError(500, `container not found ("${route.container}")`);
  const flag = (...names: string[]) => names.some((name) => ["1", "true"].includes(query.get(name) ?? ""));
  const streams = { stdin: flag("input", "stdin"), stdout: flag("output", "stdout"), stderr: flag("error", "stderr"), tty: flag("tty") };
  // A terminal has one output.
  const wanted = { ...streams, stderr: streams.stderr && !streams.tty, containerId: record.id };
  if (route.kind === "attach") return new URL((await cri.runtime.Attach(wanted)).url);
  const cmd = query.getAll("command");
  if (cmd.length === 0) throw new HttpError(400, "you must specify a command");
  return new URL((await cri.runtime.Exec({ ...wanted, cmd })).url);
}

/** Connects the caller's upgraded connection with the runtime's streaming server, byte by byte, until either ends. */
export function pipeUpgrade(request: IncomingMessage, caller: Duplex, head: Buffer, url: URL): void {
  const server: Socket = connect({ host: url.hostname, port: Number(url.port || 80) });
  server.setTimeout(CONNECT_TIMEOUT_MS, () => server.destroy(new Error("the runtime's streaming server does not answer")));
  server.once("connect", () => {
    server.setTimeout(0);
    server.write(requestHead(request, url));
    if (head.length > 0) server.write(head);
    server.pipe(caller);
    caller.pipe(server);
  });
  server.once("error", (error) => {
    if (!caller.writableEnded && server.bytesRead === 0) caller.write(plainAnswer(502, error.message));
    caller.destroy();
  });
  caller.once("error", () => server.destroy());
  caller.once("close", () => server.destroy());
  server.once("close", () => caller.end());
}

function requestHead(request: IncomingMessage, url: URL): string {
  const lines = [`${request.method} ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? "";
    if (FORWARDED.test(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[at + 1] ?? ""}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** An answer to an upgrade that did not come about. */
export function plainAnswer(status: number, message: string): string {
  const body = `${message}\n`;
  return `HTTP/1.1 ${status} Error\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}
