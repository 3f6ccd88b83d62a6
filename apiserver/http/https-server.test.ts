import { connect as connectHttp2, constants } from "node:http2";
import { request as httpsRequest } from "node:https";
import { connect } from "node:tls";
import test from "ava";
import type { ApiHandler } from "../../api/exchange.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { issueServingCertificate } from "../auth/pki.ts";
import { createHttpsServer } from "./https-server.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { TestClient } from "../testing/test-client.ts";

let server: TestServer;
let client: TestClient;

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
});

test.after.always(async () => {
  client?.close();
  await server?.stop();
});

function http2Session(of: TestServer) {
  return connectHttp2(of.url, { ca: of.ca, cert: of.admin.certificate, key: of.admin.key });
}

function http2Call(session: ReturnType<typeof http2Session>, headers: Record<string, string>, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    let status = 0;
    let text = "";
    stream.on("response", (head) => {
      status = Number(head[constants.HTTP2_HEADER_STATUS]);
    });
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text += chunk;
    });
    stream.on("end", () => resolve({ status, text }));
    stream.on("error", reject);
    stream.end(body);
  });
}

test("HTTP/2 serves the same objects on the same port", async (t) => {
  const session = http2Session(server);
  const created = await http2Call(session, { ":method": "POST", ":path": "/api/v1/namespaces/default/configmaps", "content-type": "application/json" }, JSON.stringify({ metadata: { name: "h2" } }));
  t.is(created.status, 201);
  const read = await http2Call(session, { ":path": "/api/v1/namespaces/default/configmaps/h2" });
  t.is(read.status, 200);
  t.is(read.text, (await client.get("/api/v1/namespaces/default/configmaps/h2")).text);
  t.is((await http2Call(session, { ":path": "/nonsense" })).status, 404);
  session.close();
});

test("a watch over HTTP/2 delivers and ends with its stream", async (t) => {
  const session = http2Session(server);
  const stream = session.request({ ":path": "/api/v1/namespaces/default/secrets?watch=1" });
  stream.setEncoding("utf8");
  const first = new Promise<string>((resolve) => stream.once("data", resolve));
  await new Promise((resolve) => stream.once("response", resolve));
  await client.post("/api/v1/namespaces/default/secrets", { metadata: { name: "seen" } });
  t.like(JSON.parse(await first), { type: "ADDED", object: { metadata: { name: "seen" } } });
  const closed = new Promise((resolve) => stream.once("close", resolve));
  stream.close();
  await closed;
  session.close();
});

test("a body that is too large is refused, whether its length is known or not, and the connection goes on", async (t) => {
  const large = Buffer.alloc((3 << 20) + 1, " ");
  for (let i = 0; i < 20; i++) {
    const { status, body } = await client.post("/api/v1/namespaces/default/configmaps", large);
    t.is(status, 413);
    t.is(body.message, "Request entity too large: limit is 3145728");
  }
  const response = await new Promise<{ status: number }>((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: server.port, ca: server.ca, cert: server.admin.certificate, key: server.admin.key }, () => {
      socket.write("POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
      const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(0x10000, " "), Buffer.from("\r\n")]);
      for (let i = 0; i < 50; i++) socket.write(chunk);
      socket.write("0\r\n\r\n");
    });
    socket.once("data", (data: Buffer) => {
      resolve({ status: Number(data.toString().split(" ")[1]) });
      socket.destroy();
    });
    socket.once("error", reject);
  });
  t.is(response.status, 413);
  t.is((await client.get("/api/v1/namespaces/default")).status, 200);
});

test("nobody's body is not read", async (t) => {
  const nobody = new TestClient(server, null);
  t.is((await nobody.post("/api/v1/namespaces/default/configmaps", Buffer.alloc(1 << 20, " "))).status, 401);
  nobody.close();
});

test("headers that are too large are refused", async (t) => {
  const { status } = await client.get("/api", { headers: { "x-long": "x".repeat(100_000) } });
  t.is(status, 431);
});

test("a method that HTTP does not know is 405", async (t) => {
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: server.port, ca: server.ca, cert: server.admin.certificate, key: server.admin.key }, () => socket.write("FOO /api/v1/namespaces HTTP/1.1\r\nhost: x\r\n\r\n"));
    socket.once("data", (data: Buffer) => resolve(data.toString()));
    socket.once("error", reject);
  });
  t.true(text.startsWith("HTTP/1.1 405 "));
  t.true(text.includes('"reason":"MethodNotAllowed"'));
});

test("a server that stops ends its watches and answers what is under way", async (t) => {
  const own = await startTestServer();
  const its = new TestClient(own);
  const watch = await its.watch("/api/v1/namespaces?watch=1&resourceVersion=0");
  t.is((await watch.next()).type, "ADDED");
  const under = Promise.all(Array.from({ length: 20 }, (_, i) => its.post("/api/v1/namespaces/default/configmaps", { metadata: { name: `c${i}` } })));
  await its.get("/version");
  await Promise.all([own.stop(), under.then((answers) => t.true(answers.every(({ status }) => status === 201 || status === 503)))]);
  while ((await watch.next()) !== undefined);
  its.close();
  t.pass();
});

test("a body that is too large is read to its end before its connection is closed: the client gets the answer, not a reset", async (t) => {
  const size = 3 * 1024 * 1024 + 1;
  const socket = connect({ host: "127.0.0.1", port: server.port, ca: server.ca, cert: server.admin.certificate, key: server.admin.key });
  const failed = new Promise<never>((_, reject) => socket.once("error", reject));
  let answer = "";
  let ended = false;
  socket.setEncoding("utf8");
  const answered = new Promise<void>((resolve) =>
    socket.on("data", (text: string) => {
      answer += text;
      if (answer.endsWith("}\n")) resolve();
    }),
  );
  const over = new Promise<void>((resolve) =>
    socket.once("end", () => {
      ended = true;
      resolve();
    }),
  );
  socket.write(`POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${size}\r\n\r\n`);
  socket.write(Buffer.alloc(size - 1, " "));
  await Promise.race([answered, failed]);
  t.regex(answer, /^HTTP\/1\.1 413 /);
  // A whole round trip of another connection: a server that closes early has done so by then.
  await client.get("/version");
  t.false(ended);
  socket.end(" ");
  await Promise.race([over, failed]);
  t.true(ended);
});

test("a body must come in time, unless it goes on to a backend", async (t) => {
  const clock = new VirtualClock();
  const arrived: (() => void)[] = [];
  const handler: ApiHandler = async ({ url, body }) => {
    arrived.shift()?.();
    if (body?.type !== "unread") return { status: 400, headers: {}, body: { type: "none" } };
    if (url === "/passed") {
      let size = 0;
      for await (const chunk of body.stream?.() ?? []) size += chunk.length;
      return { status: 200, headers: { "x-size": String(size) }, body: { type: "none" } };
    }
    await body.read(1000);
    return { status: 200, headers: {}, body: { type: "none" } };
  };
  const serving = await issueServingCertificate(server.pki, { commonName: "timed", hosts: ["127.0.0.1"] }, systemClock);
  const timed = createHttpsServer({ handler, serving, clientCa: server.ca, clock, logger: silentLogger });
  const port = await timed.listen("127.0.0.1", 0);
  const begin = async (path: string) => {
    const there = new Promise<void>((resolve) => arrived.push(resolve));
    const request = httpsRequest({ host: "127.0.0.1", port, path, method: "POST", headers: { "content-length": "10" }, ca: server.ca, agent: false });
    const ended = new Promise<{ status: number; size: unknown }>((resolve, reject) => {
      request.once("response", (answer) => resolve({ status: answer.resume().statusCode ?? 0, size: answer.headers["x-size"] }));
      request.once("error", reject);
    });
    request.write("12345");
    await there;
    return { request, ended };
  };
  const late = await begin("/read");
  const passed = await begin("/passed");
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: server.ca });
  const there = new Promise<void>((resolve) => arrived.push(resolve));
  const stream = session.request({ ":method": "POST", ":path": "/read" });
  stream.on("error", () => undefined);
  stream.write("12345");
  await there;
  const reset = new Promise((resolve) => stream.once("close", () => resolve(stream.rstCode)));
  await clock.advance(60_000);
  t.is((await late.ended).status, 408);
  t.is(await reset, constants.NGHTTP2_CANCEL);
  passed.request.end("67890");
  t.deepEqual(await passed.ended, { status: 200, size: "10" });
  session.destroy();
  await timed.close(0);
});
