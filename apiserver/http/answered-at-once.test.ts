import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import test from "ava";
import type { ApiHandler, ApiResponse } from "../../api/exchange.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { issueServingCertificate } from "../auth/pki.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { createHttpsServer, type HttpsServer } from "./https-server.ts";

let keys: TestServer;
let own: HttpsServer;
let port: number;
/** Answers of `/later` wait for these. */
const gates: (() => void)[] = [];

function text(body: string, status = 200): ApiResponse {
  return { status, headers: { "content-type": "text/plain" }, body: { type: "bytes", bytes: Buffer.from(body) } };
}

/** Says what it was asked: at once, or for `/later` when its gate opens, or for `/body` when the body has been read. */
const handler: ApiHandler = (request) => {
  if (request.url === "/broken") throw new Error("a fault of the server");
  if (request.url === "/later") return new Promise((resolve) => gates.push(() => resolve(text("later;"))));
  if (request.url === "/body" && request.body?.type === "unread") return request.body.read(100).then((bytes) => text(`body ${Buffer.from(bytes).toString()};`));
  if (request.url === "/stream" && request.body?.type === "unread") return streamed(request.body.stream?.() ?? []);
  return text(`${request.method} ${request.url};`);
};

async function streamed(chunks: AsyncIterable<Uint8Array> | readonly never[]): Promise<ApiResponse> {
  let size = 0;
  for await (const chunk of chunks) size += (chunk as Uint8Array).length;
  return text(`streamed ${size};`);
}

test.before(async () => {
  keys = await startTestServer();
  const serving = await issueServingCertificate(keys.pki, { commonName: "own", hosts: ["127.0.0.1"] }, systemClock);
  own = createHttpsServer({ handler, serving, clientCa: keys.ca, clock: systemClock, logger: silentLogger });
  port = await own.listen("127.0.0.1", 0);
});

test.after.always(async () => {
  await own?.close(0);
  await keys?.stop();
});

/** What comes back on one connection, read as far as it is asked for. */
class Wire {
  readonly socket: TLSSocket;
  #received = "";
  #heard: () => void = () => undefined;

  constructor(at: number = port) {
    this.socket = connect({ host: "127.0.0.1", port: at, ca: keys.ca, ALPNProtocols: ["http/1.1"] });
    this.socket.setEncoding("utf8");
    this.socket.on("data", (data: string) => {
      this.#received += data;
      this.#heard();
    });
    this.socket.on("error", () => undefined);
  }

  forget(): void {
    this.#received = "";
  }

  async until(end: string): Promise<string> {
    while (!this.#received.includes(end)) await new Promise<void>((resolve) => (this.#heard = resolve));
    return this.#received;
  }
}

const bodiesOf = (received: string) => received.split(/HTTP\/1\.1 \d+[\s\S]*?\r\n\r\n/).join("");

test.serial("requests in one packet are answered in their order, those that wait and those that do not", async (t) => {
  const wire = new Wire();
  wire.socket.write("GET /a HTTP/1.1\r\nhost: x\r\n\r\nGET /later HTTP/1.1\r\nhost: x\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\n\r\nDELETE /c HTTP/1.1\r\nhost: x\r\n\r\n");
  await wire.until("GET /a;");
  while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
  gates.shift()?.();
  t.is(bodiesOf(await wire.until("DELETE /c;")), "GET /a;later;GET /b;DELETE /c;");
  wire.socket.destroy();
});

test.serial("a body that is announced, none, an empty one, in pieces: the connection goes on after each", async (t) => {
  const wire = new Wire();
  const send = async (head: string, body: string, answer: string) => {
    wire.forget();
    wire.socket.write(`${head} HTTP/1.1\r\nhost: x\r\n${body}`);
    t.true((await wire.until(answer)).endsWith(answer));
  };
  await send("POST /body", "\r\n", "body ;");
  await send("POST /stream", "\r\n", "streamed 0;");
  await send("DELETE /body", "content-length: 0\r\n\r\n", "body ;");
  await send("POST /body", "content-length: 2\r\n\r\nhi", "body hi;");
  await send("POST /body", "transfer-encoding: chunked\r\n\r\n2\r\nho\r\n0\r\n\r\n", "body ho;");
  await send("POST /stream", "content-length: 3\r\n\r\nabc", "streamed 3;");
  await send("GET /with-body", "content-length: 3\r\n\r\nabc", "GET /with-body;");
  await send("PUT /refused-unread", "content-length: 3\r\n\r\nabc", "PUT /refused-unread;");
  await send("GET /zero", "content-length: 0\r\n\r\n", "GET /zero;");
  await send("GET /end", "\r\n", "GET /end;");
  wire.socket.destroy();
});

test.serial("a body that still comes when its request is answered is read to its end", async (t) => {
  const wire = new Wire();
  wire.socket.write("POST /refused HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\nabc");
  await wire.until("POST /refused;");
  wire.socket.write("defGET /after HTTP/1.1\r\nhost: x\r\n\r\n");
  t.is(bodiesOf(await wire.until("GET /after;")), "POST /refused;GET /after;");
  wire.socket.destroy();
});

test.serial("HEAD has the length and no body; a client that asks for it is closed", async (t) => {
  const wire = new Wire();
  const closed = once(wire.socket, "close");
  wire.socket.write("HEAD /head HTTP/1.1\r\nhost: x\r\n\r\nGET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  const received = await wire.until("GET /last;");
  t.regex(received, /content-length: 11\r\n/i);
  t.is(bodiesOf(received), "GET /last;");
  await closed;
});

test.serial("a handler that throws ends the connection, not the server", async (t) => {
  const wire = new Wire();
  const closed = once(wire.socket, "close");
  wire.socket.write("GET /broken HTTP/1.1\r\nhost: x\r\n\r\n");
  await closed;
  const next = new Wire();
  next.socket.write("GET /next HTTP/1.1\r\nhost: x\r\n\r\n");
  t.is(bodiesOf(await next.until("GET /next;")), "GET /next;");
  next.socket.destroy();
});

test.serial("closing: what was answered arrives, idle connections end, a request under way is answered first", async (t) => {
  const serving = await issueServingCertificate(keys.pki, { commonName: "closing", hosts: ["127.0.0.1"] }, systemClock);
  const closing = createHttpsServer({ handler, serving, clientCa: keys.ca, clock: systemClock, logger: silentLogger });
  const at = await closing.listen("127.0.0.1", 0);
  const [idle, busy, unused] = [new Wire(at), new Wire(at), new Wire(at)];
  const ends = [idle, busy, unused].map(({ socket }) => once(socket, "close"));
  await once(unused.socket, "secureConnect");
  idle.socket.write("GET /idle HTTP/1.1\r\nhost: x\r\n\r\n");
  await idle.until("GET /idle;");
  busy.socket.write("GET /before HTTP/1.1\r\nhost: x\r\n\r\nGET /later HTTP/1.1\r\nhost: x\r\n\r\n");
  await busy.until("GET /before;");
  while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const closed = closing.close(60_000);
  await Promise.all([ends[0], ends[2]]);
  gates.shift()?.();
  t.is(bodiesOf(await busy.until("later;")), "GET /before;later;");
  await Promise.all([ends[1], closed]);
});
