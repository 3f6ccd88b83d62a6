import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import test from "ava";
import { WebSocket, WebSocketServer } from "ws";
import { type FakeNode, startFakeNode } from "../../testing/fake-node.ts";
import { TestClient } from "../../testing/test-client.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

const core = "/api/v1/namespaces/default";
const IP = "10.1.2.3";
let server: TestServer;
let client: TestClient;
let node: FakeNode;
let backend: Server;
/** Bytes that the backend was let write of an answer without end. */
let endless = 0;
const seen: { method: string; url: string; headers: IncomingMessage["headers"] }[] = [];

const page = '<html><!-- <a href="/no"> --><body background=/bg.png><a class=x href="/a?b=1#c">a</a><a href="rel">r</a><a href=\'http://10.1.2.3:8080/abs\'>h</a><a href="http://other/x">o</a><script src="/s.js">var x = "<a href=\'/no\'>";</script><img src="/i.png"/></body></html>';

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
  node = await startFakeNode(server, client, "n1");
  backend = createServer((request, response) => {
    seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    const path = (request.url ?? "").split("?")[0];
    if (path === "/page") return void response.writeHead(200, { "content-type": "text/html; charset=utf-8", "access-control-allow-origin": "*" }).end(page);
    if (path === "/zipped") return void response.writeHead(200, { "content-type": "text/html", "content-encoding": "gzip" }).end(gzipSync(page));
    if (path === "/redirect") return void response.writeHead(302, { location: "/there/?x=1" }).end();
    if (path === "/away") return void response.writeHead(302, { location: "https://example.com/x" }).end();
    if (path === "/teapot") return void response.writeHead(418, { "x-own": "1", "set-cookie": ["a=1", "b=2"] }).end("short and stout");
    if (path === "/empty") return void response.writeHead(204).end();
    if (path === "/broken") {
      response.writeHead(200, { "content-length": "100" });
      response.write("part");
      return void response.socket?.destroySoon();
    }
    if (path === "/endless") {
      const piece = Buffer.alloc(64 << 10);
      const write = () => {
        while (!response.destroyed && response.write(piece)) endless += piece.length;
        endless += piece.length;
      };
      response.on("drain", write);
      return void write();
    }
    if (path === "/slow") {
      response.writeHead(200);
      response.write("first");
      return;
    }
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ method: request.method, url: request.url, size })));
  });
  const sockets = new WebSocketServer({ noServer: true });
  backend.on("upgrade", (request, socket, head) => {
    seen.push({ method: "UPGRADE", url: request.url ?? "", headers: request.headers });
    if (request.url === "/refused") return void socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno");
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on("message", (data) => webSocket.send(`echo ${String(data)}`));
    });
  });
  const port = await new Promise<number>((resolve) => backend.listen(0, "127.0.0.1", () => resolve((backend.address() as AddressInfo).port)));
  node.routes.set(`${IP}:8080`, port);
  await client.post(`${core}/serviceaccounts`, { metadata: { name: "default" } });
  await client.post(`${core}/pods`, { metadata: { name: "p", labels: { app: "p" } }, spec: { nodeName: "n1", automountServiceAccountToken: false, containers: [{ name: "c", image: "i", ports: [{ containerPort: 8080, name: "web" }] }] } });
  await client.patch(`${core}/pods/p/status`, { status: { phase: "Running", podIP: IP, podIPs: [{ ip: IP }] } });
  await client.post(`${core}/pods`, { metadata: { name: "no-ip" }, spec: { nodeName: "n1", automountServiceAccountToken: false, containers: [{ name: "c", image: "i" }] } });
  await client.post(`${core}/services`, { metadata: { name: "s" }, spec: { ports: [{ name: "web", port: 80, targetPort: 8080 }, { name: "other", port: 81 }] } });
  await client.post(`${core}/services`, { metadata: { name: "empty" }, spec: { ports: [{ port: 80 }] } });
  const slice = (name: string, endpoints: object[]) => client.post("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", { metadata: { name, labels: { "kubernetes.io/service-name": "s" } }, addressType: "IPv4", ports: [{ name: "web", port: 8080, protocol: "TCP" }], endpoints });
  const targetRef = { kind: "Pod", namespace: "default", name: "p" };
  await slice("s-1", [
    { addresses: [IP], conditions: { ready: true }, targetRef },
    { addresses: ["10.9.9.9"], conditions: { ready: true } },
    { addresses: ["10.9.9.8"], conditions: { ready: true }, targetRef },
    { addresses: [IP], conditions: { ready: false }, targetRef: { ...targetRef, name: "no-ip" } },
  ]);
});

test.after.always(async () => {
  backend?.close();
  backend?.closeAllConnections();
  node?.close();
  client?.close();
  await server?.stop();
});

const last = () => seen.at(-1)!;

test.serial("a pod answers every method through its node", async (t) => {
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    const answer = await client.call(method, `${core}/pods/p/proxy/a/b%20c?q=1&q=2`, method === "POST" ? { body: "hello", type: "text/plain" } : {});
    t.is(answer.status, 200, method);
    t.like(answer.body, { method, url: "/a/b%20c?q=1&q=2", size: method === "POST" ? 5 : 0 });
  }
  t.is((await client.call("HEAD", `${core}/pods/p/proxy/teapot`)).status, 418);
  t.true(node.asked.at(-1)?.startsWith("/tunnel/default/p/"));
});

test.serial("bodies stream both ways, larger than what the API itself takes", async (t) => {
  const answer = await client.post(`${core}/pods/p/proxy/upload`, Buffer.alloc(20 << 20), { type: "application/octet-stream" });
  t.is(answer.body.size, 20 << 20);
  t.is((await client.call("GET", `${core}/pods/p/proxy/x`, { body: "search", type: "text/plain" })).body.size, 6);
});

test.serial("who the client is stays here; where it came from goes along", async (t) => {
  await client.get(`${core}/pods/p:8080/proxy/x`, { headers: { "impersonate-user": "kubernetes-admin", "impersonate-group": "system:masters", "x-mine": "1", "x-forwarded-for": "1.2.3.4", "x-remote-user": "root" } });
  const { headers } = last();
  t.like(headers, { "x-mine": "1", "x-forwarded-for": "1.2.3.4, 127.0.0.1", "x-forwarded-uri": `${core}/pods/p:8080/proxy/x` });
  for (const name of ["authorization", "impersonate-user", "impersonate-group", "x-remote-user"]) t.is(headers[name], undefined, name);
});

test.serial("answers pass as they are", async (t) => {
  const { status, headers, text } = await client.get(`${core}/pods/http:p:8080/proxy/teapot`);
  t.is(status, 418);
  t.is(text, "short and stout");
  t.is(headers["x-own"], "1");
  t.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
  t.is((await client.get(`${core}/pods/p/proxy/empty`)).status, 204);
  await t.throwsAsync(client.get(`${core}/pods/p/proxy/broken`));
});

test.serial("redirects and links lead back through the proxy", async (t) => {
  const prefix = `${core}/pods/p/proxy`;
  const root = await client.get(`${prefix}?x=1`);
  t.is(root.status, 301);
  t.is(root.headers.location, `${prefix}/?x=1`);
  t.is((await client.get(`${prefix}/redirect`)).headers.location, `${prefix}/there/?x=1`);
  t.is((await client.get(`${prefix}/away`)).headers.location, "https://example.com/x");
  for (const path of ["page", "zipped"]) {
    const { text, headers } = await client.get(`${prefix}/${path}`);
    t.is(headers["access-control-allow-origin"], undefined);
    t.is(text, page.replace("=/bg.png", `="${prefix}/bg.png"`).replace('"/a?', `"${prefix}/a?`).replace("'http://10.1.2.3:8080/abs'", `'${prefix}/abs'`).replace('"/s.js"', `"${prefix}/s.js"`).replace('"/i.png"', `"${prefix}/i.png"`));
  }
});

test.serial("paths stay below the backend's root", async (t) => {
  for (const [asked, url] of [["/../../x", "/x"], ["/a/%2e%2e/b", "/b"], ["//a//b/", "/a/b/"], ["/a%2Fb", "/a%2Fb"]]) {
    t.is((await client.get(`${core}/pods/p/proxy${asked}`)).body.url, url, asked);
  }
});

test.serial("a WebSocket goes through", async (t) => {
  const open = (path: string, protocols: string[] = []) => new WebSocket(`wss://127.0.0.1:${server.port}${path}`, protocols, { ca: server.ca, cert: server.admin.certificate, key: server.admin.key });
  const socket = open(`${core}/services/s:web/proxy/ws?a=1`, ["mine"]);
  socket.once("open", () => socket.send("hello"));
  const text = await new Promise((resolve, reject) => socket.once("message", (data) => resolve(String(data))).once("error", reject));
  t.is(text, "echo hello");
  t.is(last().url, "/ws?a=1");
  t.is(last().headers["sec-websocket-protocol"], "mine");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.close();
  await closed;
  const refused = open(`${core}/pods/p/proxy/refused`);
  refused.on("error", () => undefined);
  const answer = await new Promise<IncomingMessage>((resolve) => refused.once("unexpected-response", (_request, response) => resolve(response)));
  t.is(answer.statusCode, 403);
  answer.destroy();
});

test.serial("a Service is one of its ready pods, by port name or number", async (t) => {
  for (const id of ["s:web", "s:80", "http:s:web"]) t.is((await client.get(`${core}/services/${id}/proxy/x`)).body.url, "/x", id);
  const refused = async (id: string) => {
    const { status, body } = await client.get(`${core}/services/${id}/proxy/`);
    return [status, body.reason, body.message];
  };
  t.deepEqual(await refused("empty"), [503, "ServiceUnavailable", 'no endpoints available for service "empty"']);
  t.deepEqual(await refused("s:other"), [503, "ServiceUnavailable", 'no endpoints available for service "s:other"']);
  t.deepEqual(await refused("s:99"), [503, "ServiceUnavailable", 'no service port 99 found for service "s"']);
  t.deepEqual(await refused("ftp:s:web"), [400, "BadRequest", 'invalid service request "ftp:s:web"']);
  t.deepEqual(await refused("none"), [404, "NotFound", 'services "none" not found']);
});

test.serial("what cannot be reached says why", async (t) => {
  t.like((await client.get(`${core}/pods/p:9999/proxy/`)).body, { code: 503, reason: "ServiceUnavailable", message: `error trying to reach service: dial tcp ${IP}:9999: connect: connection refused` });
  t.like((await client.get(`${core}/pods/no-ip/proxy/`)).body, { code: 400, message: "address not allowed" });
  t.like((await client.get(`${core}/pods/none/proxy/`)).body, { code: 404, message: 'pods "none" not found' });
  t.like((await client.get(`${core}/pods/https:p:8080/proxy/`)).body, { code: 503, reason: "ServiceUnavailable" });
});

test.serial("a node's agent is asked as the API server, other ports of it are not loopback", async (t) => {
  t.is((await client.get("/api/v1/nodes/n1/proxy/healthz?a=1")).text, "agent GET /healthz?a=1 as kube-apiserver-kubelet-client");
  t.is((await client.post(`/api/v1/nodes/n1:${node.port}/proxy/run`, "x")).text, "agent POST /run as kube-apiserver-kubelet-client");
  t.like((await client.get("/api/v1/nodes/n1:22/proxy/")).body, { code: 400, message: "address not allowed" });
  t.like((await client.get("/api/v1/nodes/none/proxy/")).body, { code: 404, message: 'nodes "none" not found' });
});

test.serial("HTTP/2 clients are served alike, and hear of a backend's end", async (t) => {
  const session = connectHttp2(server.url, { ca: server.ca, cert: server.admin.certificate, key: server.admin.key });
  const call = (headers: Record<string, string>, body?: Buffer) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const stream = session.request(headers);
      let status = 0;
      const chunks: Buffer[] = [];
      stream.once("response", (answer) => {
        status = answer[":status"] ?? 0;
      });
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.once("end", () => resolve({ status, text: Buffer.concat(chunks).toString() }));
      stream.once("error", reject);
      stream.end(body);
    });
  const put = await call({ ":method": "PUT", ":path": `${core}/pods/p/proxy/u` }, Buffer.alloc(5 << 20));
  t.like(JSON.parse(put.text), { method: "PUT", size: 5 << 20 });
  t.is((await call({ ":method": "GET", ":path": `${core}/pods/p/proxy/teapot` })).text, "short and stout");
  session.close();
});

test.serial("proxying needs the right to proxy", async (t) => {
  const nobody = new TestClient(server, await server.clientCertificate({ commonName: "nobody" }));
  t.is((await nobody.get(`${core}/pods/p/proxy/x`)).status, 403);
  nobody.close();
});

test.serial("a backend writes only as fast as its reader reads", async (t) => {
  const response = await client.open("GET", `${core}/pods/p/proxy/endless`);
  response.pause();
  for (let before = -1; before !== endless; ) {
    before = endless;
    for (let i = 0; i < 10; i++) await client.get("/readyz");
  }
  t.true(endless > 0 && endless < 64 << 20, `${endless} bytes are under way`);
  const held = endless;
  const more = new Promise<void>((resolve) => {
    let taken = 0;
    response.on("data", (piece: Buffer) => {
      taken += piece.length;
      if (taken > held + (1 << 20)) resolve();
    });
  });
  response.resume();
  await more;
  response.destroy();
});

test.serial("a reader that goes takes its backend's request with it", async (t) => {
  const gone = new Promise((resolve) => backend.once("request", (_request, response) => response.once("close", resolve)));
  const response = await client.open("GET", `${core}/pods/p/proxy/slow`);
  await new Promise((resolve) => response.once("data", resolve));
  response.destroy();
  await gone;
  t.pass();
});

test.serial("a node that says it is where the API server or another node is gets nobody there in the API server's name", async (t) => {
  const agentPort = (await client.get("/api/v1/nodes/n1")).body.status.daemonEndpoints.kubeletEndpoint.Port as number;
  for (const [name, port] of [["poses-as-server", server.port], ["poses-as-node", agentPort]] as const) {
    await client.post("/api/v1/nodes", { metadata: { name } });
    await client.patch(`/api/v1/nodes/${name}/status`, { status: { addresses: [{ type: "InternalIP", address: "127.0.0.1" }], daemonEndpoints: { kubeletEndpoint: { Port: port } } } });
    const { status, body } = await client.get(`/api/v1/nodes/${name}/proxy/api/v1/namespaces/kube-system/secrets`);
    t.is(status, 503);
    t.regex(body.message, /the certificate of 127\.0\.0\.1 is not that of node "poses-as-/);
  }
});
