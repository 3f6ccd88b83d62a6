import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { systemClock } from "../../lib/clock.ts";
import { SpdySession } from "../../lib/spdy/session.ts";
import { issueNodeServingCertificate } from "../auth/pki.ts";
import type { TestClient } from "./test-client.ts";
import type { TestServer } from "./test-server.ts";

/** A node whose agent only tunnels: every pod address leads to the same loopback port. */
export interface FakeNode {
  readonly name: string;
  readonly port: number;
  /** Paths that the agent was asked for. */
  readonly asked: string[];
  /** Where tunnels lead; a pod at an address that is not in here does not exist. */
  readonly routes: Map<string, number>;
  close(): void;
}

/** A runtime's end of a port-forward: SPDY whose data streams are echoed. */
function serveSpdy(caller: TLSSocket, headers: IncomingHttpHeaders): void {
  if (headers.upgrade !== "SPDY/3.1" || headers["x-stream-protocol-version"] !== "portforward.k8s.io") return void caller.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\nspdy");
  caller.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n");
  new SpdySession(caller, { role: "server", onStream: (stream) => (stream.headers["streamtype"] === "data" ? stream.pipe(stream) : stream.end()) });
}

/** Makes the Node object and its agent. */
export async function startFakeNode(server: TestServer, client: TestClient, name: string): Promise<FakeNode> {
  const serving = await issueNodeServingCertificate(server.pki, name, ["127.0.0.1"], systemClock);
  const asked: string[] = [];
  const routes = new Map<string, number>();
  const agent = createServer({ cert: serving.certificate, key: serving.key, ca: server.ca, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    asked.push(request.url ?? "");
    if (request.url?.startsWith("/containerLogs/")) return void response.writeHead(200, { "content-type": "text/plain" }).end("line 1\nline 2\n");
    response.writeHead(200, { "content-type": "text/plain" }).end(`agent ${request.method} ${request.url} as ${(request.socket as TLSSocket).getPeerCertificate().subject.CN}`);
  });
  const sockets = new Set<Socket>();
  agent.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  agent.on("upgrade", (request, caller: TLSSocket) => {
    asked.push(request.url ?? "");
    if (request.url?.startsWith("/portForward/")) return void serveSpdy(caller, request.headers);
    const url = new URL(request.url ?? "/", "https://node");
    const target = `${url.searchParams.get("ip")}:${url.pathname.split("/")[5]}`;
    const pod = connect({ host: "127.0.0.1", port: routes.get(target) ?? 1, allowHalfOpen: true });
    pod.once("error", (error: NodeJS.ErrnoException) => caller.end(`HTTP/1.1 502 Bad Gateway\r\nx-error-code: ${error.code}\r\nconnection: close\r\n\r\n${error.message}`));
    pod.once("connect", () => {
      caller.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: tcp\r\n\r\n");
      pod.pipe(caller).pipe(pod);
    });
    caller.on("error", () => pod.destroy());
    caller.once("close", () => pod.destroy());
  });
  const port = await new Promise<number>((resolve) => agent.listen(0, "127.0.0.1", () => resolve((agent.address() as AddressInfo).port)));
  await client.post("/api/v1/nodes", { metadata: { name } });
  await client.patch(`/api/v1/nodes/${name}/status`, { status: { addresses: [{ type: "InternalIP", address: "127.0.0.1" }], daemonEndpoints: { kubeletEndpoint: { Port: port } } } });
  return {
    name,
    port,
    asked,
    routes,
    close() {
      agent.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
