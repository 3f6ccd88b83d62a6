import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Pod } from "../../api/wire.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { CriClient } from "../cri/cri-client.ts";
import type { NodePaths } from "../pod/paths.ts";
import type { PodRuntime } from "../pod/runtime-state.ts";
import { callerOf, isAllowed } from "./authorize.ts";
import { HttpError } from "./http-error.ts";
import { serveLogs } from "./logs.ts";
import { agentMetrics, resourceMetrics } from "./metrics.ts";
import { parseRoute, type Route } from "./routes.ts";
import { statsSummary } from "./stats.ts";
import { openTunnel, tunnelAddress } from "./tunnel.ts";
import { pipeUpgrade, plainAnswer, streamUrl } from "./streams.ts";

/** A pod as the server sees it. */
export interface ServedPod {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
}

export interface NodeServerOptions {
  readonly serving: { readonly certificate: string; readonly key: string; readonly clientCa: string };
  readonly listenAddress: string | undefined;
  readonly port: number;
  readonly nodeName: string;
  /** The address of pods on the host's network. */
  readonly nodeIp: string;
  readonly cri: CriClient;
  readonly paths: NodePaths;
  readonly find: (namespace: string, name: string) => ServedPod | undefined;
  readonly all: () => Iterable<ServedPod>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a caller may take to send a request's head. */
const HEADERS_TIMEOUT_MS = 30_000;

/** The node's HTTPS API, after kubelet's: logs, exec, attach, port-forward, pods, statistics, metrics. */
export class NodeServer {
  readonly #options: NodeServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  constructor(options: NodeServerOptions) {
    this.#options = options;
    const { certificate, key, clientCa } = options.serving;
    this.#server = createServer({ cert: certificate, key, ca: clientCa, requestCert: true, rejectUnauthorized: false, minVersion: "TLSv1.2", headersTimeout: HEADERS_TIMEOUT_MS });
    this.#server.on("request", (request, response) => void this.#serve(request, response));
    this.#server.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
    this.#server.on("connection", (socket: Duplex) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  /** Rejects when the port cannot be had. */
  listen(): Promise<void> {
    const { port, listenAddress } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => {
        reject(error.code === "EADDRINUSE" ? new Error(`port ${port} is taken by another process: give the agent another one with --port`) : error);
      });
      this.#server.listen({ port, ...(listenAddress === undefined ? {} : { host: listenAddress }) }, () => resolve());
    });
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** @throws HttpError */
  #authorized(socket: TLSSocket, url: string): Route {
    const caller = callerOf(socket);
    if (caller === undefined) throw new HttpError(401, "Unauthorized");
    if (!isAllowed(caller)) throw new HttpError(403, `Forbidden (user=${caller.name}, resource=nodes, subresource=proxy)`);
    return parseRoute(url);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const route = this.#authorized(request.socket as TLSSocket, request.url ?? "/");
      if (request.method !== "GET" && request.method !== "HEAD") throw new HttpError(405, "405 method not allowed");
      await this.#answer(route, response);
    } catch (error) {
      const status = error instanceof HttpError ? error.status : 500;
      if (status === 500) this.#options.logger.warn({ error: String(error), url: request.url }, "a request of the node's API failed");
      if (response.headersSent) response.destroy();
      else response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${(error as Error).message}\n`);
    }
  }

  async #answer(route: Route, response: ServerResponse): Promise<void> {
    const { cri, nodeName, clock, paths, all } = this.#options;
    const text = (body: string) => response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(body);
    const json = (body: unknown) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    switch (route.type) {
      case "healthz":
        return void text("ok");
      case "pods":
        return void json({ kind: "PodList", apiVersion: "v1", metadata: {}, items: [...all()].map(({ pod }) => pod) });
      case "metrics":
        return void text(agentMetrics({ nodeName, ...countAll(all()) }));
      case "stats":
        return void json(await statsSummary({ cri, nodeName, now_ms: clock.now_ms() }));
      case "resource-metrics":
        return void text(resourceMetrics(await statsSummary({ cri, nodeName, now_ms: clock.now_ms() })));
      case "logs": {
        const { pod } = this.#find(route.namespace, route.pod, undefined);
        const runtime = () => this.#options.find(route.namespace, route.pod)?.runtime ?? { sandboxes: [], containers: [] };
        return serveLogs({ pod, runtime, container: route.container, query: route.query, paths, clock }, response);
      }
      case "tunnel":
        throw new HttpError(400, "you must request an upgrade to tcp");
      case "stream":
        throw new HttpError(400, "you must request an upgrade to WebSocket or SPDY");
      default:
        return route satisfies never;
    }
  }

  #find(namespace: string, name: string, uid: string | undefined): ServedPod {
    const found = this.#options.find(namespace, name);
    if (found === undefined || (uid !== undefined && found.pod.metadata.uid !== uid)) throw new HttpError(404, `pod "${name}" not found`);
    return found;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    try {
      const route = this.#authorized(request.socket as TLSSocket, request.url ?? "/");
      if (route.type === "tunnel") {
        const { runtime } = this.#find(route.namespace, route.pod, route.uid);
        return await openTunnel(socket, head, tunnelAddress(runtime, route, this.#options.nodeIp));
      }
      if (route.type !== "stream") throw new HttpError(400, "this path cannot be upgraded");
      const { runtime } = this.#find(route.namespace, route.pod, route.uid);
      const url = await streamUrl(this.#options.cri, route, runtime);
      pipeUpgrade(request, socket, head, url);
    } catch (error) {
      socket.end(plainAnswer(error instanceof HttpError ? error.status : 500, (error as Error).message));
    }
  }
}

function countAll(pods: Iterable<ServedPod>): { pods: number; containersByState: Record<string, number> } {
  let running = 0;
  const containersByState: Record<string, number> = { created: 0, exited: 0, running: 0, unknown: 0 };
  for (const { runtime } of pods) {
    if (runtime.sandboxes[0]?.ready) running++;
    for (const record of runtime.containers) containersByState[record.state] = (containersByState[record.state] ?? 0) + 1;
  }
  return { pods: running, containersByState };
}
