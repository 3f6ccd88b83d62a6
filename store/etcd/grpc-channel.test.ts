import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createSecureServer, createServer, type Http2SecureServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { startEtcdCluster } from "../conformance/etcd-cluster.ts";
import { makeEtcdTls } from "../conformance/etcd-tls.ts";
import { put } from "../conformance/subject.ts";
import { UnavailableError } from "../store.ts";
import { openEtcdStore } from "./etcd-store.ts";
import { classify } from "./failures.ts";
import { GrpcChannel } from "./grpc-channel.ts";

type Answer = (stream: ServerHttp2Stream, calls: number) => void;

const GRPC_HEAD = { ":status": 200, "content-type": "application/grpc" };
const MESSAGE = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

/** A server that answers every call by `answer`; `run` gets a channel to it. */
async function withServer(answer: Answer, run: (channel: GrpcChannel, server: Http2Server) => Promise<void>): Promise<void> {
  let calls = 0;
  const server = createServer();
  server.on("sessionError", () => undefined);
  server.on("session", (session) => session.on("error", () => undefined));
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => undefined);
    stream.resume();
    stream.once("end", () => answer(stream, ++calls));
  });
  await listening(server);
  const channel = new GrpcChannel(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, undefined, systemClock);
  try {
    await run(channel, server);
  } finally {
    channel.close();
    await new Promise((resolve) => server.close(resolve));
  }
}

function listening(server: Http2Server | Http2SecureServer | Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
}

function respond(stream: ServerHttp2Stream, trailers: Record<string, string>, ...chunks: Buffer[]): void {
  stream.respond(GRPC_HEAD, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
}

const ask = (channel: GrpcChannel) => channel.unary("/s/M", new Uint8Array([1]));

async function failure(channel: GrpcChannel): Promise<{ kind: string; message: string }> {
  try {
    await ask(channel);
  } catch (error) {
    return { kind: classify(error), message: (error as Error).message };
  }
  throw new Error("the call succeeded");
}

test("an answer in pieces; statuses by trailers and by headers alone, their text decoded", async (t) => {
  const answers: Answer[] = [
    (stream) => respond(stream, { "grpc-status": "0" }, MESSAGE),
    (stream) => respond(stream, { "grpc-status": "0" }, ...[...MESSAGE].map((byte) => Buffer.from([byte]))),
    (stream) => respond(stream, { "grpc-status": "14", "grpc-message": "etcdserver: no leader" }),
    (stream) => stream.respond({ ...GRPC_HEAD, "grpc-status": "11", "grpc-message": "etcdserver: mvcc: required revision has been compacted %28caf%C3%A9%29" }, { endStream: true }),
    (stream) => stream.respond({ ...GRPC_HEAD, "grpc-status": "14", "grpc-message": "100%" }, { endStream: true }),
    (stream) => respond(stream, { "grpc-status": "0" }),
  ];
  await withServer((stream, call) => answers[call - 1]?.(stream, call), async (channel) => {
    t.deepEqual([...(await ask(channel))], [8, 1]);
    t.deepEqual([...(await ask(channel))], [8, 1]);
    t.deepEqual(await failure(channel), { kind: "not-done", message: "14 UNAVAILABLE: etcdserver: no leader" });
    t.deepEqual(await failure(channel), { kind: "refused", message: "11 OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted (café)" });
    t.deepEqual(await failure(channel), { kind: "unknown", message: "14 UNAVAILABLE: 100%" });
    t.deepEqual(await failure(channel), { kind: "unknown", message: "13 INTERNAL: the call ended without an answer" });
  });
});

test("what is not gRPC: a proxy's page, another content-type; the outcome of a write is unknown", async (t) => {
  const answers: Answer[] = [
    (stream) => {
      stream.respond({ ":status": 502, "content-type": "text/html" });
      stream.end("<h1>Bad Gateway</h1>");
    },
    (stream) => {
      stream.respond({ ":status": 200, "content-type": "text/html" });
      stream.end("<h1>hello</h1>");
    },
  ];
  await withServer((stream, call) => answers[call - 1]?.(stream, call), async (channel) => {
    t.deepEqual(await failure(channel), { kind: "unknown", message: "14 UNAVAILABLE: the answer has HTTP status 502: is this etcd?" });
    t.deepEqual(await failure(channel), { kind: "unknown", message: "2 UNKNOWN: the answer's content-type is text/html, not gRPC's: is this etcd?" });
  });
});

test("an answer that is too large, or compressed, ends the call, not the connection", async (t) => {
  const answers: Answer[] = [
    (stream) => respond(stream, { "grpc-status": "0" }, Buffer.from([0, 0x10, 0, 0, 0, 1, 2, 3])),
    (stream) => respond(stream, { "grpc-status": "0" }, Buffer.from([1, 0, 0, 0, 1, 9])),
    (stream) => respond(stream, { "grpc-status": "0" }, MESSAGE),
  ];
  await withServer((stream, call) => answers[call - 1]?.(stream, call), async (channel, server) => {
    let connections = 0;
    server.on("session", () => connections++);
    t.deepEqual(await failure(channel), { kind: "refused", message: "8 RESOURCE_EXHAUSTED: Received message larger than max (268435456 vs 67108864)" });
    t.regex((await failure(channel)).message, /compressed/);
    t.deepEqual([...(await ask(channel))], [8, 1]);
    t.is(connections, 1);
  });
});

test("a stream that is refused was not begun; one that is reset, or whose connection is lost between headers and data, is of unknown outcome", async (t) => {
  const answers: Answer[] = [
    (stream) => stream.close(7),
    (stream) => stream.close(2),
    (stream) => stream.close(8),
    (stream) => {
      stream.respond(GRPC_HEAD);
      setImmediate(() => stream.session?.destroy());
    },
    (stream) => respond(stream, { "grpc-status": "0" }, MESSAGE),
  ];
  await withServer((stream, call) => answers[call - 1]?.(stream, call), async (channel) => {
    t.is((await failure(channel)).kind, "not-done");
    t.is((await failure(channel)).kind, "unknown");
    t.is((await failure(channel)).kind, "unknown");
    t.is((await failure(channel)).kind, "unknown");
    t.deepEqual([...(await ask(channel))], [8, 1], "over a new connection");
  });
});

test("GOAWAY: calls under way are answered, new ones go over another connection; one that says why it is broken leaves the outcome unknown", async (t) => {
  const waiting: ServerHttp2Stream[] = [];
  const answer: Answer = (stream, call) => {
    if (call === 1) {
      waiting.push(stream);
      stream.session?.goaway(0);
    } else if (call === 3) stream.session?.goaway(7);
    else respond(stream, { "grpc-status": "0" }, MESSAGE);
  };
  await withServer(answer, async (channel, server) => {
    let connections = 0;
    server.on("session", () => connections++);
    const first = ask(channel);
    await new Promise<void>((resolve) => server.once("stream", (stream) => stream.once("end", () => setImmediate(resolve))));
    while (!(await channel.connect().then((connection) => connection.usable && connections === 2))) await systemClock.sleep(5);
    t.deepEqual([...(await ask(channel))], [8, 1]);
    for (const stream of waiting) respond(stream, { "grpc-status": "0" }, MESSAGE);
    t.deepEqual([...(await first)], [8, 1]);
    t.is((await failure(channel)).kind, "unknown");
    t.deepEqual([...(await ask(channel))], [8, 1]);
  });
});

test("no connection: nothing was done, and the next attempt waits", async (t) => {
  const clock = new VirtualClock();
  const channel = new GrpcChannel("http://127.0.0.1:1", undefined, clock);
  const first = await failure(channel);
  t.is(first.kind, "not-done");
  t.regex(first.message, /No connection established: .*ECONNREFUSED/);
  t.deepEqual(await failure(channel), first);
  channel.close();
  await clock.advance(5_000);
  t.regex((await failure(channel)).message, /closed/);
});

test("a peer that does not speak HTTP/2, or answers no call, is left after the limit", async (t) => {
  const clock = new VirtualClock();
  const mute = createTcpServer((socket) => socket.on("error", () => undefined).resume());
  await listening(mute);
  const channel = new GrpcChannel(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`, undefined, clock);
  const failed = failure(channel);
  await clock.advance(5_000);
  t.deepEqual(await failed, { kind: "not-done", message: "14 UNAVAILABLE: No connection established: no HTTP/2 connection in 5 s" });
  channel.close();
  await new Promise((resolve) => mute.close(resolve));
});

test("TLS by name: asked for and verified; a certificate for a name is none for an address", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-grpc-tls-"));
  const { server: files, client } = makeEtcdTls(folder, ["localhost"]);
  const names: unknown[] = [];
  const server = createSecureServer({ cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) });
  server.on("tlsClientError", () => undefined);
  server.on("secureConnection", (socket: { servername?: unknown }) => names.push(socket.servername));
  server.on("stream", (stream: ServerHttp2Stream) => stream.resume().once("end", () => respond(stream, { "grpc-status": "0" }, MESSAGE)));
  await listening(server);
  const { port } = server.address() as AddressInfo;
  const [byName, byAddress] = ["localhost", "127.0.0.1"].map((host) => new GrpcChannel(`https://${host}:${port}`, client, systemClock)) as [GrpcChannel, GrpcChannel];
  try {
    t.deepEqual([...(await ask(byName))], [8, 1]);
    t.deepEqual(names, ["localhost"]);
    const { kind, message } = await failure(byAddress);
    t.is(kind, "not-done");
    t.regex(message, /IP: 127\.0\.0\.1 is not in the cert's list/);
  } finally {
    byName.close();
    byAddress.close();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  }
});

test("etcd that is frozen in the middle of a write: its outcome is unknown, and it is not made again", async (t) => {
  t.timeout(60_000);
  const cluster = await startEtcdCluster();
  const store = await openEtcdStore({ endpoints: cluster.endpoints, clock: systemClock, logger: silentLogger });
  try {
    const before = await put(store, "/a", "1");
    cluster.members[0]?.freeze();
    await t.throwsAsync(put(store, "/a", "2"), { instanceOf: UnavailableError, message: /DEADLINE_EXCEEDED: no answer in 8 s/ });
    cluster.members[0]?.thaw();
    const { items } = await store.range({ start: "/a", end: "/a\0" });
    t.true((items[0]?.version ?? 0) <= 2 && (items[0]?.modRevision ?? 0) <= before + 1);
  } finally {
    await store.close();
    await cluster.stop();
  }
});
