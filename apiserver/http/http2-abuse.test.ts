import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from "node:http2";
import { connect as connectTls, type TLSSocket } from "node:tls";
import test from "ava";
import { TestClient } from "../testing/test-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

const items = "/api/v1/namespaces/default/configmaps";
const OBJECTS = 150;
const OBJECT_BYTES = 16_000;
const WATCH_BUFFER_BYTES = 1 << 20;
let server: TestServer;
let client: TestClient;

test.before(async () => {
  server = await startTestServer({ watchBuffer: { maxItems: 1000, maxBytes: WATCH_BUFFER_BYTES } });
  client = new TestClient(server);
  for (let i = 0; i < OBJECTS; i++) await client.post(items, { metadata: { name: `c${i}` }, data: { x: "x".repeat(OBJECT_BYTES) } });
});
test.after.always(async () => {
  client?.close();
  await server?.stop();
});

function session(settings: object = {}): ClientHttp2Session {
  const opened = connectHttp2(server.url, { ca: server.ca, cert: server.admin.certificate, key: server.admin.key, settings });
  opened.on("error", () => undefined);
  return opened;
}

/** A connection that speaks HTTP/2 in frames made by hand. */
async function rawConnection(): Promise<TLSSocket> {
  const socket = connectTls({ host: "127.0.0.1", port: server.port, ca: server.ca, cert: server.admin.certificate, key: server.admin.key, ALPNProtocols: ["h2"] });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(frame(4, 0, 0));
  return socket;
}

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Writes it again and again, until the other end has had enough or `times` are over. */
async function flood(socket: TLSSocket, bytes: Buffer, times: number): Promise<void> {
  const over = new Promise<void>((resolve) => socket.once("error", () => resolve()).once("end", () => resolve()).once("close", () => resolve()));
  for (let i = 0; i < times && socket.writable && !socket.readableEnded; i++) {
    if (socket.write(bytes)) await new Promise((resolve) => setImmediate(resolve));
    else await Promise.race([over, new Promise((resolve) => socket.once("drain", resolve))]);
  }
}

/** Memory that buffers and objects of this process take. */
function held_mib(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / (1 << 20);
}

const stillServes = async () => (await client.get("/readyz")).status;

test.serial("rapid reset: who opens and cancels streams without end loses its connection, nobody else does", async (t) => {
  const attacker = session();
  const bystander = session();
  await once(bystander, "connect");
  let goneAway = 0;
  attacker.once("goaway", (code) => {
    goneAway = code;
  });
  let sent = 0;
  while (!attacker.destroyed && !attacker.closed && sent < 50_000) {
    for (let i = 0; i < 100 && !attacker.destroyed && !attacker.closed; i++, sent++) {
      const stream = attacker.request({ ":path": items });
      stream.on("error", () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.true(sent < 50_000, "the connection went on");
  t.true([constants.NGHTTP2_ENHANCE_YOUR_CALM, constants.NGHTTP2_INTERNAL_ERROR, constants.NGHTTP2_NO_ERROR].includes(goneAway));
  const stream = bystander.request({ ":path": "/readyz" });
  t.is((await once(stream, "response"))[0][":status"], 200);
  stream.close();
  bystander.close();
  attacker.destroy();
  t.is(await stillServes(), 200);
});

test.serial("streams beyond what the server allows wait or are refused; the others are answered", async (t) => {
  const many = session();
  await once(many, "remoteSettings");
  t.is(many.remoteSettings.maxConcurrentStreams, 250);
  const codes = await Promise.all(
    Array.from({ length: 600 }, async () => {
      const stream = many.request({ ":path": `${items}/c0` });
      stream.resume();
      const [headers] = await once(stream, "response");
      return headers[":status"] as number;
    }),
  );
  t.deepEqual([...new Set(codes)], [200]);
  many.close();
  const socket = await rawConnection();
  // HPACK: GET, https, /readyz as a literal, an authority.
  const block = Buffer.concat([Buffer.from([0x82, 0x87, 0x04, 7]), Buffer.from("/readyz"), Buffer.from([0x01, 1]), Buffer.from("x")]);
  for (let i = 0; i < 400; i++) socket.write(frame(1, 4, 2 * i + 1, block));
  const refused = await new Promise<boolean>((resolve) => {
    let received = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.includes(Buffer.from([0, 0, 4, 3, 0])) || received.includes(Buffer.from([7, 0, 0, 0, 0, 0]))) resolve(true);
    });
    socket.once("close", () => resolve(true));
  });
  t.true(refused);
  socket.destroy();
  t.is(await stillServes(), 200);
});

test.serial("a hundred lists that nobody reads hold a few pieces each", async (t) => {
  const before = held_mib();
  const reader = session({ initialWindowSize: 0 });
  const streams: ClientHttp2Stream[] = [];
  for (let i = 0; i < 100; i++) {
    const stream = reader.request({ ":path": items });
    stream.on("error", () => undefined);
    streams.push(stream);
  }
  await Promise.all(streams.map((stream) => once(stream, "response")));
  const added = held_mib() - before;
  // Answered whole they would be 100 times 2.4 MB.
  t.true(added < 60, `${added} MiB`);
  t.is(await stillServes(), 200);
  reader.destroy();
});

test.serial("a watch that nobody reads is cut off at its bound, others go on", async (t) => {
  const lazy = session({ initialWindowSize: 0 });
  const watch = lazy.request({ ":path": `${items}?watch=1&resourceVersion=` });
  watch.on("error", () => undefined);
  await once(watch, "response");
  const other = await client.watch(`${items}?watch=1&resourceVersion=${(await client.get(items)).body.metadata.resourceVersion}`);
  const before = held_mib();
  const writes = 120;
  for (let i = 0; i < writes; i++) await client.patch(`${items}/c0`, { data: { x: String(i).padEnd(OBJECT_BYTES, "y") } });
  t.is((await other.take(writes)).length, writes);
  other.close();
  t.true(held_mib() - before < 40);
  lazy.destroy();
});

test.serial("headers without end are refused", async (t) => {
  const greedy = session();
  const stream = greedy.request({ ":path": items, ...Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`x-${index}`, "v".repeat(2000)])) });
  stream.on("error", () => undefined);
  const status = await Promise.race([once(stream, "response").then(([headers]) => headers[":status"] as number), once(stream, "close").then(() => 0), once(greedy, "close").then(() => 0)]).catch(() => 0);
  t.true(status === 0 || status === 431);
  greedy.destroy();
  const socket = await rawConnection();
  socket.resume();
  // HEADERS without END_HEADERS, then CONTINUATION for ever.
  socket.write(frame(1, 0, 1, Buffer.from([0x82])));
  await flood(socket, frame(9, 0, 1, Buffer.alloc(1000, 0x82)), 5000);
  t.false(socket.writable, "the connection took 5 MB of headers");
  t.is(await stillServes(), 200);
});

for (const [name, answered] of [
  ["settings", frame(4, 0, 0, Buffer.from([0, 4, 0, 0, 255, 255]))],
  ["pings", frame(6, 0, 0, Buffer.alloc(8))],
] as const) {
  test.serial(`a flood of ${name} whose answers nobody reads holds no memory and ends its connection`, async (t) => {
    const socket = await rawConnection();
    socket.pause();
    const before = held_mib();
    await flood(socket, Buffer.concat(Array.from({ length: 5000 }, () => answered)), 400);
    t.false(socket.writable, "the connection went on");
    t.true(held_mib() - before < 80);
    t.is(await stillServes(), 200);
    socket.destroy();
  });
}
