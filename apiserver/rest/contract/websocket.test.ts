import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import test from "ava";
import { createWebSocketStream, WebSocket } from "ws";
import { SpdySession } from "../../../lib/spdy/session.ts";
import type { KeyPair } from "../../auth/pki.ts";
import { type FakeNode, startFakeNode } from "../../testing/fake-node.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

const core = "/api/v1/namespaces/default";
let server: TestServer;
let client: TestClient;
let node: FakeNode;

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
  node = await startFakeNode(server, client, "n1");
  await client.post(`${core}/serviceaccounts`, { metadata: { name: "default" } });
  await client.post(`${core}/pods`, { metadata: { name: "p" }, spec: { nodeName: "n1", automountServiceAccountToken: false, containers: [{ name: "c", image: "i" }] } });
});
test.after.always(async () => {
  node?.close();
  client?.close();
  await server?.stop();
});

/** A WebSocket client; messages are kept from the first on. */
class Socket {
  readonly socket: WebSocket;
  readonly #messages: { data: Buffer; binary: boolean }[] = [];
  #changed: () => void = () => undefined;
  #closed = false;

  constructor(path: string, protocols: string[] = [], options: { credentials?: KeyPair | null; headers?: Record<string, string> } = {}) {
    const credentials = options.credentials === undefined ? server.admin : options.credentials;
    this.socket = new WebSocket(`wss://127.0.0.1:${server.port}${path}`, protocols, { ca: server.ca, ...(credentials === null ? {} : { cert: credentials.certificate, key: credentials.key }), headers: options.headers ?? {} });
    this.socket.on("message", (data, binary) => {
      this.#messages.push({ data: data as Buffer, binary });
      this.#changed();
    });
    this.socket.on("close", () => {
      this.#closed = true;
      this.#changed();
    });
    this.socket.on("error", () => undefined);
  }

  /** Undefined when it is closed. */
  async next(): Promise<{ data: Buffer; binary: boolean } | undefined> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined || this.#closed) return message;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  async json(): Promise<Json> {
    return JSON.parse(String((await this.next())?.data));
  }

  /** The status that the handshake was refused with. */
  async refused(): Promise<number | undefined> {
    const [, response] = (await once(this.socket, "unexpected-response")) as [unknown, IncomingMessage];
    response.destroy();
    return response.statusCode;
  }
}

test("a watch is one text message for each event, whatever subprotocol is named", async (t) => {
  for (const [index, protocols] of [[], ["base64.binary.k8s.io"], ["binary.k8s.io"]].entries()) {
    const namespace = `ws-${index}`;
    await client.post("/api/v1/namespaces", { metadata: { name: namespace } });
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    await client.post(path, { metadata: { name: "a" } });
    const watch = new Socket(`${path}?watch=1`, protocols);
    t.like(await watch.json(), { type: "ADDED", object: { metadata: { name: "a" } } });
    t.is(watch.socket.protocol, protocols[0] ?? "");
    await client.patch(`${path}/a`, { data: { k: "v" } });
    await client.delete(`${path}/a`);
    t.like(await watch.json(), { type: "MODIFIED", object: { data: { k: "v" } } });
    const last = await watch.next();
    t.false(last?.binary);
    t.is(JSON.parse(String(last?.data)).type, "DELETED");
    watch.socket.close();
  }
});

test("protobuf events are binary messages without a length before them", async (t) => {
  const watch = new Socket("/api/v1/nodes?watch=1", [], { headers: { accept: "application/vnd.kubernetes.protobuf;stream=watch" } });
  const message = await watch.next();
  t.true(message?.binary);
  // WatchEvent: field 1, the type.
  t.is(message?.data.subarray(0, 7).toString("latin1"), "\n\x05ADDED");
  watch.socket.close();
});

test("a watch over WebSocket ends with its time, and what is wrong is refused before", async (t) => {
  const watch = new Socket("/api/v1/nodes?watch=1&timeoutSeconds=1&resourceVersion=0");
  await watch.next();
  t.is(await watch.next(), undefined);
  t.is(await new Socket("/api/v1/nodes?watch=1&labelSelector=%3D%3D%3D").refused(), 400);
  t.is(await new Socket("/api/v1/nodes?watch=1", [], { credentials: null }).refused(), 401);
  t.is((await client.get("/api/v1/nodes?watch=1&timeoutSeconds=1", { headers: { "sec-websocket-protocol": "x" } })).status, 200);
});

test("a browser's token is a subprotocol beside another one, and is never answered", async (t) => {
  const { body } = await client.post(`${core}/serviceaccounts/default/token`, { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} });
  await client.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", { metadata: { name: "sees" }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" }, subjects: [{ kind: "ServiceAccount", name: "default", namespace: "default" }] });
  const token = `base64url.bearer.authorization.k8s.io.${Buffer.from(body.status.token).toString("base64url")}`;
  const watch = new Socket("/api/v1/nodes?watch=1", [token, "base64.binary.k8s.io"], { credentials: null });
  t.is((await watch.json()).object.metadata.name, "n1");
  t.is(watch.socket.protocol, "base64.binary.k8s.io");
  watch.socket.close();
  t.is(await new Socket("/api/v1/nodes?watch=1", [token], { credentials: null }).refused(), 401);
  t.is(await new Socket("/api/v1/nodes?watch=1", [`${token}x`, "binary.k8s.io"], { credentials: null }).refused(), 401);
});

test("logs are binary messages, or base64 in text", async (t) => {
  for (const [protocols, decode] of [
    [[], (data: Buffer) => data],
    [["binary.k8s.io"], (data: Buffer) => data],
    [["base64.binary.k8s.io"], (data: Buffer) => Buffer.from(String(data), "base64")],
  ] as [string[], (data: Buffer) => Buffer][]) {
    const log = new Socket(`${core}/pods/p/log?follow=true`, protocols);
    t.is((await log.next())?.data.length, 0);
    let all = "";
    for (let message = await log.next(); message !== undefined; message = await log.next()) {
      t.is(message.binary, protocols[0] !== "base64.binary.k8s.io");
      all += String(decode(message.data));
    }
    t.is(all, "line 1\nline 2\n");
  }
  t.is(await new Socket(`${core}/pods/p/log`, ["v5.channel.k8s.io"]).refused(), 403);
  t.is(await new Socket(`${core}/pods/none/log`).refused(), 404);
});

/** kubectl's tunnels have names that a WebSocket client of good manners would not send. */
function openTunnel(pod: string, protocol: string, upgrade = "websocket"): Promise<{ status: number; protocol?: string; socket?: WebSocket }> {
  const headers = { connection: "Upgrade", upgrade, "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", "sec-websocket-protocol": protocol };
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: "127.0.0.1", port: server.port, path: `${core}/pods/${pod}/portforward`, headers, ca: server.ca, cert: server.admin.certificate, key: server.admin.key });
    request.once("upgrade", (answer, connection, head) => {
      const socket = new WebSocket(null as never, undefined, { perMessageDeflate: false });
      Object.assign(socket, { _isServer: false });
      (socket as unknown as { setSocket(connection: Duplex, head: Buffer, options: object): void }).setSocket(connection, head, { allowSynchronousEvents: true, maxPayload: 1 << 20, skipUTF8Validation: false });
      resolve({ status: 101, protocol: answer.headers["sec-websocket-protocol"] ?? "", socket });
    });
    request.once("response", (answer) => {
      answer.destroy();
      resolve({ status: answer.statusCode ?? 0 });
    });
    request.once("error", reject);
    request.end();
  });
}

test("a tunnel is opened for a client that offers other protocols beside, so that no connection to the node is left alone", async (t) => {
  const { status, socket } = await openTunnel("p", "SPDY/3.1+portforward.k8s.io", "websocket, example");
  t.is(status, 101);
  socket?.terminate();
});

test("a port-forward may be a tunnel of SPDY through a WebSocket", async (t) => {
  const { socket, protocol } = await openTunnel("p", "SPDY/3.1+portforward.k8s.io");
  t.is(protocol, "SPDY/3.1+portforward.k8s.io");
  const session = new SpdySession(createWebSocketStream(socket as WebSocket), { role: "client" });
  const error = session.open({ streamtype: "error", port: "80", requestid: "0" });
  const data = session.open({ streamtype: "data", port: "80", requestid: "0" });
  const sent = "x".repeat(2_000_000);
  data.end(sent);
  t.true((await text(data)) === sent);
  t.is(await text(error), "");
  session.end();
  await session.closed;
});

test("a tunnel that the agent refuses is refused as it says", async (t) => {
  t.is((await openTunnel("p", "SPDY/3.1+other.k8s.io")).status, 400);
  t.is((await openTunnel("none", "SPDY/3.1+portforward.k8s.io")).status, 404);
});

test("SPDY passes byte by byte", async (t) => {
  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": "portforward.k8s.io", "content-length": "0" };
  const request = httpsRequest({ method: "POST", host: "127.0.0.1", port: server.port, path: `${core}/pods/p/portforward`, headers, ca: server.ca, cert: server.admin.certificate, key: server.admin.key });
  request.end();
  const [answer, connection, head] = (await once(request, "upgrade")) as [IncomingMessage, Duplex, Buffer];
  t.is(answer.headers["upgrade"], "SPDY/3.1");
  t.is(answer.headers["x-stream-protocol-version"], "portforward.k8s.io");
  if (head.length > 0) connection.unshift(head);
  const session = new SpdySession(connection, { role: "client" });
  const data = session.open({ streamtype: "data", port: "80", requestid: "0" });
  data.end("hello");
  t.is(await text(data), "hello");
  session.end();
  await session.closed;
});
