import { type Duplex, duplexPair } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { createDeflate, constants } from "node:zlib";
import test from "ava";
import { controlFrame, dataHead, FrameReader, type Frame, frameType } from "./frame.ts";
import { DICTIONARY_ID, headerDictionary } from "./dictionary.ts";
import { HeaderDecoder, HeaderEncoder } from "./header-block.ts";
import { SpdySession, type SpdyOptions } from "./session.ts";
import type { SpdyStream } from "./stream.ts";

/** Two ends of one connection; what the server's side opens goes to `onStream`. */
function pair(onStream: (stream: SpdyStream) => void, options: Partial<SpdyOptions> = {}): { client: SpdySession; server: SpdySession; wire: [Duplex, Duplex] } {
  const wire = duplexPair();
  return { client: new SpdySession(wire[0], { role: "client" }), server: new SpdySession(wire[1], { role: "server", onStream, ...options }), wire };
}

/** The other end by hand: frames in, frames out. */
class RawEnd {
  readonly wire: Duplex;
  readonly frames: Frame[] = [];
  readonly #reader = new FrameReader();
  #changed: () => void = () => undefined;

  constructor(wire: Duplex) {
    this.wire = wire;
    wire.on("data", (chunk: Buffer) => {
      this.frames.push(...this.#reader.read(chunk));
      this.#changed();
    });
    wire.on("end", () => this.#changed());
    wire.on("error", () => undefined);
  }

  open(id: number, headers: Record<string, string>, encoder: HeaderEncoder): void {
    this.wire.write(controlFrame(frameType.synStream, 0, [id, 0], Buffer.concat([Buffer.from([0, 0]), encoder.encode(headers)])));
  }

  async until(found: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const frame = this.frames.find(found);
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  dataOf(id: number): number {
    return this.frames.reduce((sum, frame) => sum + (frame.type === "data" && frame.streamId === id ? frame.piece.length : 0), 0);
  }
}

const isControl = (kind: number) => (frame: Frame) => frame.type === "control" && frame.kind === kind;
/** Lets everything happen that can happen without time. */
const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));

test("the dictionary is the one that everybody has", (t) => {
  let [a, b] = [1, 0];
  for (const byte of headerDictionary) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  t.is(headerDictionary.length, 1423);
  t.is(((b << 16) | a) >>> 0, DICTIONARY_ID);
});

test("streams carry headers and bytes both ways, each direction ends alone", async (t) => {
  const opened: SpdyStream[] = [];
  const { client, server } = pair((stream) => {
    opened.push(stream);
    stream.pipe(stream);
  });
  const [first, second] = [client.open({ streamType: "data", port: "80" }), client.open({ streamType: "error", "request id": "é" })];
  const sent = Buffer.alloc(3_000_000, "x");
  first.end(sent);
  second.write("");
  second.end("small");
  t.true(sent.equals(await buffer(first)));
  t.is(await text(second), "small");
  t.deepEqual(opened.map((stream) => ({ ...stream.headers })), [{ streamtype: "data", port: "80" }, { streamtype: "error", "request id": "é" }]);
  await settled();
  t.is(server.streams + client.streams, 0);
  await client.ping();
  client.end();
  await Promise.all([client.closed, server.closed]);
});

test("each block ends with the marker that Go's reader waits for", (t) => {
  const encoder = new HeaderEncoder();
  for (const headers of [{ a: "b" }, {}]) t.is(encoder.encode(headers).subarray(-5).toString("hex"), "000000ffff");
});

test("headers that a real compressor wrote are read, over many blocks of one stream", async (t) => {
  const decoder = new HeaderDecoder();
  const deflate = createDeflate({ dictionary: headerDictionary, level: 9 });
  for (let i = 0; i < 5; i++) {
    const name = Buffer.from("streamtype");
    const value = Buffer.from(`stdin ${i}`);
    const block = Buffer.alloc(12 + name.length + value.length);
    block.writeUInt32BE(1, 0);
    block.writeUInt32BE(name.length, 4);
    name.copy(block, 8);
    block.writeUInt32BE(value.length, 8 + name.length);
    value.copy(block, 12 + name.length);
    const compressed = await new Promise<Buffer>((resolve) => {
      const chunks: Buffer[] = [];
      const take = (chunk: Buffer) => chunks.push(chunk);
      deflate.on("data", take);
      deflate.write(block);
      deflate.flush(constants.Z_SYNC_FLUSH, () => {
        deflate.off("data", take);
        resolve(Buffer.concat(chunks));
      });
    });
    t.deepEqual({ ...(await decoder.decode(compressed)) }, { streamtype: `stdin ${i}` });
  }
  decoder.close();
});

test("a reader that does not read stops the sender, and what is held is bounded", async (t) => {
  let reader: SpdyStream | undefined;
  const { client, server } = pair((stream) => {
    reader = stream;
  });
  const writer = client.open({});
  let taken = 0;
  const chunk = Buffer.alloc(64 << 10);
  const write = () => {
    while (taken < 1000 && writer.write(chunk)) taken++;
    taken++;
  };
  writer.on("drain", write);
  write();
  for (let i = 0; i < 20; i++) await settled();
  t.true(taken < 10, `${taken} chunks were taken`);
  let received = 0;
  await new Promise<void>((resolve) => {
    reader?.on("data", (data: Buffer) => {
      received += data.length;
      if (received >= 500 * chunk.length) resolve();
    });
  });
  client.destroy();
  server.destroy();
  await server.closed;
});

test("an end that never moves a window is sent more than the first 64 KiB", async (t) => {
  const [wire, far] = duplexPair();
  const raw = new RawEnd(far);
  const session = new SpdySession(wire, { role: "server", onStream: (stream) => stream.end(Buffer.alloc(1_000_000)) });
  raw.open(1, {}, new HeaderEncoder());
  await raw.until((frame) => frame.type === "data" && frame.end);
  t.is(raw.dataOf(1), 1_000_000);
  session.destroy();
});

test("an end that moves its windows is sent no more than they allow", async (t) => {
  const [wire, far] = duplexPair();
  const raw = new RawEnd(far);
  let opened: SpdyStream | undefined;
  const session = new SpdySession(wire, {
    role: "server",
    onStream: (stream) => {
      opened = stream;
    },
  });
  raw.wire.write(controlFrame(frameType.settings, 0, [1, 7, 1000]));
  raw.open(1, {}, new HeaderEncoder());
  await raw.until(isControl(frameType.synReply));
  opened?.end(Buffer.alloc(5000));
  await settled();
  t.is(raw.dataOf(1), 1000);
  raw.wire.write(controlFrame(frameType.windowUpdate, 0, [1, 1500]));
  await settled();
  t.is(raw.dataOf(1), 2500);
  raw.wire.write(controlFrame(frameType.windowUpdate, 0, [1, 100_000]));
  await raw.until((frame) => frame.type === "data" && frame.end);
  t.is(raw.dataOf(1), 5000);
  session.destroy();
});

test("the sender hears that it may send more", async (t) => {
  const [wire, far] = duplexPair();
  const raw = new RawEnd(far);
  const session = new SpdySession(wire, { role: "server", onStream: (stream) => stream.resume() });
  raw.open(1, {}, new HeaderEncoder());
  raw.wire.write(Buffer.concat([dataHead(1, 40_000, false), Buffer.alloc(40_000)]));
  await raw.until((frame) => frame.type === "control" && frame.kind === frameType.windowUpdate && frame.payload.readUInt32BE(0) === 1);
  await raw.until((frame) => frame.type === "control" && frame.kind === frameType.windowUpdate && frame.payload.readUInt32BE(0) === 0);
  session.destroy();
  t.pass();
});

test("frames in the smallest pieces are the same frames", async (t) => {
  const [wire, far] = duplexPair();
  const raw = new RawEnd(far);
  const session = new SpdySession(wire, { role: "server", onStream: (stream) => stream.pipe(stream) });
  const encoder = new HeaderEncoder();
  const bytes = Buffer.concat([
    controlFrame(frameType.synStream, 0, [1, 0], Buffer.concat([Buffer.from([0, 0]), encoder.encode({ a: "b" })])),
    dataHead(1, 5, false),
    Buffer.from("hello"),
    dataHead(1, 0, true),
    controlFrame(frameType.ping, 0, [7]),
  ]);
  for (const byte of bytes) raw.wire.write(Buffer.from([byte]));
  const pong = await raw.until(isControl(frameType.ping));
  t.is(pong.type === "control" && pong.payload.readUInt32BE(0), 7);
  await raw.until((frame) => frame.type === "data" && frame.end);
  t.is(raw.dataOf(1), 5);
  session.destroy();
});

test("too many streams are refused, and their headers still count", async (t) => {
  const [wire, far] = duplexPair();
  const raw = new RawEnd(far);
  const names: string[] = [];
  const session = new SpdySession(wire, { role: "server", maxStreams: 2, onStream: (stream) => names.push(stream.headers["n"] ?? "") });
  const encoder = new HeaderEncoder();
  for (const id of [1, 3, 5]) raw.open(id, { n: String(id) }, encoder);
  const reset = await raw.until(isControl(frameType.rstStream));
  t.deepEqual([reset.type === "control" && reset.payload.readUInt32BE(0), reset.type === "control" && reset.payload.readUInt32BE(4)], [5, 3]);
  t.deepEqual(names, ["1", "3"]);
  session.destroy();
});

test("a reset ends one stream only", async (t) => {
  const { client, server } = pair((stream) => {
    if (stream.headers["what"] === "reset") stream.destroy();
    else stream.pipe(stream);
  });
  const doomed = client.open({ what: "reset" });
  const fine = client.open({ what: "echo" });
  await new Promise((resolve) => doomed.once("close", resolve));
  fine.end("still here");
  t.is(await text(fine), "still here");
  client.goAway();
  await settled();
  t.throws(() => server.open({}), { message: /no more streams/ });
  client.end();
  await server.closed;
});

const attacks: [string, (encoder: HeaderEncoder) => Buffer][] = [
  ["a control frame larger than the bound", () => controlFrame(frameType.synStream, 0, [1, 0], Buffer.alloc(20_000))],
  ["another version", () => Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0])],
  ["data for stream 0", () => Buffer.alloc(8)],
  ["headers that are not compressed", () => controlFrame(frameType.synStream, 0, [1, 0], Buffer.alloc(40, 0xff))],
  ["a block that says more than it holds", (encoder) => corrupted(encoder)],
  ["a stream opened twice", (encoder) => Buffer.concat([1, 1].map((id) => controlFrame(frameType.synStream, 0, [id, 0], Buffer.concat([Buffer.from([0, 0]), encoder.encode({})]))))],
  ["a window beyond 2^31-1", () => Buffer.concat([1, 2].map(() => controlFrame(frameType.windowUpdate, 0, [0, 0x7fffffff])))],
  ["a short frame", () => controlFrame(frameType.rstStream, 0, [])],
];

function corrupted(encoder: HeaderEncoder): Buffer {
  const block = encoder.encode({ a: "b" });
  block.writeUInt32BE(50, 2 + 4 + 5);
  return controlFrame(frameType.synStream, 0, [1, 0], Buffer.concat([Buffer.from([0, 0]), block]));
}

for (const [name, attack] of attacks) {
  test(`${name} ends the connection`, async (t) => {
    const [wire, far] = duplexPair();
    const raw = new RawEnd(far);
    const session = new SpdySession(wire, { role: "server", onStream: (stream) => stream.resume() });
    raw.wire.write(attack(new HeaderEncoder()));
    await session.closed;
    await raw.until(isControl(frameType.goAway));
    t.is(session.streams, 0);
  });
}

test("headers that inflate beyond the bound end the connection", async (t) => {
  const [wire, far] = duplexPair();
  const raw = new RawEnd(far);
  const session = new SpdySession(wire, { role: "server" });
  const deflate = createDeflate({ dictionary: headerDictionary, level: 9 });
  deflate.end(Buffer.alloc(1_000_000));
  const bomb = await buffer(deflate);
  t.true(bomb.length < 10_000);
  raw.wire.write(controlFrame(frameType.synStream, 0, [1, 0], Buffer.concat([Buffer.from([0, 0]), bomb])));
  await session.closed;
  await raw.until(isControl(frameType.goAway));
});

test("who floods with pings and reads no answer is cut off", async (t) => {
  const [wire, far] = duplexPair();
  const session = new SpdySession(wire, { role: "server" });
  far.on("error", () => undefined);
  const pings = Buffer.concat(Array.from({ length: 5000 }, (_, index) => controlFrame(frameType.ping, 0, [2 * index + 1])));
  let over = false;
  void session.closed.then(() => {
    over = true;
  });
  for (let i = 0; i < 100 && !over; i++) {
    if (!far.destroyed) far.write(pings);
    await settled();
  }
  await session.closed;
  t.pass();
});

test("who is not read goes on being heard: what comes back does not wait for what goes there", async (t) => {
  const opened: SpdyStream[] = [];
  const { client } = pair((stream) => void opened.push(stream));
  const [there, back] = [client.open({}), client.open({})];
  const received = buffer(back);
  there.write(Buffer.alloc(100_000));
  while (opened.length < 2) await settled();
  const [input, output] = opened as [SpdyStream, SpdyStream];
  output.write(Buffer.alloc(100_000));
  // Both ends have moved windows, and keep to them from now on.
  for (let read = 0; read < 100_000; await settled()) read += (input.read() as Buffer | null)?.length ?? 0;
  there.end(Buffer.alloc(3_000_000));
  await settled();
  output.end(Buffer.alloc(3_000_000));
  t.is((await received).length, 3_100_000);
  t.is((await buffer(input)).length, 3_000_000);
});
