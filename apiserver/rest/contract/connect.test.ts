import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import test from "ava";
import { systemClock } from "../../../lib/clock.ts";
import { issueNodeServingCertificate, type KeyPair } from "../../auth/pki.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";
import { TestClient } from "../../testing/test-client.ts";

/** A node's agent that tells what it was asked. */
class FakeAgent {
  readonly requests: { url: string; user: string | undefined; headers: Record<string, unknown> }[] = [];
  /** Resolves when the reader of a followed log is gone. */
  readonly followerGone: Promise<void>;
  #followerLeft: () => void = () => undefined;
  readonly #server: Server;

  constructor(serving: KeyPair, ca: string) {
    this.#server = createServer({ cert: serving.certificate, key: serving.key, ca, requestCert: true, rejectUnauthorized: true });
    this.followerGone = new Promise((resolve) => {
      this.#followerLeft = resolve;
    });
    this.#server.on("request", (request, response) => {
      this.#note(request);
      if (request.url?.includes("waiting")) {
        response.writeHead(400).end('container "waiting" in pod "p" is waiting to start: ContainerCreating');
        return;
      }
      response.writeHead(200, { "content-type": "text/plain" });
      response.write("line 1\n");
      if (request.url?.includes("follow=true")) response.once("close", () => this.#followerLeft());
      else response.end("line 2\n");
    });
    this.#server.on("upgrade", (request, socket: TLSSocket) => {
      this.#note(request);
      if (request.url?.includes("command=refused")) {
        socket.end("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 7\r\n\r\nrefused");
        return;
      }
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-protocol: ${request.headers["sec-websocket-protocol"]}\r\n\r\nhello`);
      socket.on("data", (data: Buffer) => socket.write(data.toString().toUpperCase()));
      socket.on("error", () => undefined);
    });
  }

  #note(request: { url?: string | undefined; socket: unknown; headers: Record<string, unknown> }): void {
    this.requests.push({ url: request.url ?? "", user: (request.socket as TLSSocket).getPeerCertificate().subject?.CN as string, headers: request.headers });
  }

  listen(): Promise<number> {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve((this.#server.address() as AddressInfo).port)));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let server: TestServer;
let client: TestClient;
let agent: FakeAgent;
const pods = "/api/v1/namespaces/default/pods";

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
  agent = new FakeAgent(await issueNodeServingCertificate(server.pki, "n1", ["127.0.0.1"], systemClock), server.ca);
  const port = await agent.listen();
  await client.post("/api/v1/nodes", { metadata: { name: "n1" } });
  await client.patch("/api/v1/nodes/n1/status", { status: { addresses: [{ type: "InternalIP", address: "127.0.0.1" }], daemonEndpoints: { kubeletEndpoint: { Port: port } } } });
  const pod = (name: string, containers: string[], nodeName?: string) => ({ metadata: { name }, spec: { automountServiceAccountToken: false, ...(nodeName === undefined ? {} : { nodeName }), containers: containers.map((container) => ({ name: container, image: "i" })) } });
  await client.post("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
  await client.post(pods, pod("p", ["c"], "n1"));
  await client.post(pods, pod("many", ["a", "b", "waiting"], "n1"));
  await client.post(pods, pod("nowhere", ["c"]));
});

test.after.always(async () => {
  agent?.close();
  client?.close();
  await server?.stop();
});

/** A WebSocket handshake by hand; all that comes back. */
function upgrade(path: string, credentials: { certificate: string; key: string } = server.admin): Promise<{ socket: TLSSocket; next(): Promise<string> }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: server.port, ca: server.ca, cert: credentials.certificate, key: credentials.key }, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: v5.channel.k8s.io\r\nauthorization: Bearer secret\r\n\r\n`);
      resolve({ socket, next: () => new Promise((done) => socket.once("data", (data: Buffer) => done(data.toString()))) });
    });
    socket.once("error", reject);
  });
}

test("logs come from the node's agent, asked as the API server", async (t) => {
  const { status, text, headers } = await client.get(`${pods}/p/log?tailLines=5&timestamps=true&unknown=1`);
  t.is(status, 200);
  t.is(text, "line 1\nline 2\n");
  t.is(headers["content-type"], "text/plain");
  const asked = agent.requests.find(({ url }) => url.startsWith("/containerLogs/default/p/c"));
  t.deepEqual(asked?.url.split("?")[1]?.split("&").sort(), ["tailLines=5", "timestamps=true"]);
  t.is(asked?.user, "kube-apiserver-kubelet-client");
});

test("a followed log ends at the agent when its reader goes", async (t) => {
  const response = await client.open("GET", `${pods}/p/log?follow=true`);
  await new Promise((resolve) => response.once("data", resolve));
  response.destroy();
  await agent.followerGone;
  t.pass();
});

test("which container is meant must be clear", async (t) => {
  t.is((await client.get(`${pods}/many/log`)).body.message, "a container name must be specified for pod many, choose one of: [a b waiting]");
  t.is((await client.get(`${pods}/many/log?container=z`)).body.message, "container z is not valid for pod many");
  t.is((await client.get(`${pods}/many/log?container=b`)).status, 200);
  t.like((await client.get(`${pods}/many/log?container=waiting`)).body, { code: 400, reason: "BadRequest", message: 'container "waiting" in pod "p" is waiting to start: ContainerCreating' });
  t.is((await client.get(`${pods}/none/log`)).status, 404);
  const nothing = await client.get(`${pods}/nowhere/log`);
  t.deepEqual([nothing.status, nothing.text, nothing.headers["content-type"], nothing.headers["content-length"]], [204, "", undefined, undefined]);
  t.is((await client.get(`${pods}/p/log?tailLines=-1`)).status, 422);
});

test("exec joins the client with the agent, byte by byte", async (t) => {
  const { socket, next } = await upgrade(`${pods}/p/exec?command=sh&command=-c&command=a%20b&stdin=true&stdout=true&container=c`);
  const head = await next();
  t.true(head.startsWith("HTTP/1.1 101 "));
  t.regex(head, /sec-websocket-protocol: v5\.channel\.k8s\.io/);
  const rest = head.split("\r\n\r\n")[1] || (await next());
  t.is(rest, "hello");
  socket.write("abc");
  t.is(await next(), "ABC");
  socket.destroy();
  const asked = agent.requests.find(({ url }) => url.startsWith("/exec/default/p/c"));
  t.is(asked?.url, "/exec/default/p/c?input=1&output=1&command=sh&command=-c&command=a%20b");
  t.is(asked?.headers["authorization"], undefined);
});

test("port-forward names its ports to the agent", async (t) => {
  const { socket, next } = await upgrade(`${pods}/p/portforward?ports=80&ports=443`);
  t.true((await next()).startsWith("HTTP/1.1 101 "));
  socket.destroy();
  t.truthy(agent.requests.find(({ url }) => url === "/portForward/default/p?port=80%2C443"));
});

test("a refused upgrade ends its connection", async (t) => {
  const { socket, next } = await upgrade(`${pods}/p/exec?command=refused&stdout=true`);
  const answer = await next();
  t.true(answer.startsWith("HTTP/1.1 500 "));
  t.regex(answer, /connection: close/i);
  await new Promise((resolve) => socket.once("close", resolve));
  const missing = await upgrade(`${pods}/none/exec?command=x&stdout=true`);
  t.true((await missing.next()).startsWith("HTTP/1.1 404 "));
  missing.socket.destroy();
});

test("exec over a WebSocket needs what its POST needs", async (t) => {
  await client.post("/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles", { metadata: { name: "reader" }, rules: [{ apiGroups: [""], resources: ["pods", "pods/exec"], verbs: ["get"] }] });
  await client.post("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", { metadata: { name: "reader" }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" }, subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "rita" }] });
  const rita = await server.clientCertificate({ commonName: "rita" });
  const { socket, next } = await upgrade(`${pods}/p/exec?command=x&stdout=true`, rita);
  t.true((await next()).startsWith("HTTP/1.1 403 "));
  socket.destroy();
});

test("without an upgrade exec says what it needs", async (t) => {
  t.is((await client.post(`${pods}/p/exec?command=x&stdout=true`, undefined)).body.message, "Upgrade request required");
  t.is((await client.post(`${pods}/nowhere/exec?command=x&stdout=true`, undefined)).body.message, "pod nowhere does not have a host assigned");
});
