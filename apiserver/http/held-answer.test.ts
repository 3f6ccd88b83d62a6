import { connect, type TLSSocket } from "node:tls";
import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { TestClient } from "../testing/test-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

const ITEMS = "/api/v1/namespaces/default/configmaps";
/** Some of these are more than the sockets' buffers take. */
const OBJECT_BYTES = 900_000;
const WRITES = 20;

/** A server of the test's own, gone with it. */
async function serverFor(t: { teardown(end: () => Promise<void>): void }, options: Parameters<typeof startTestServer>[0] = {}): Promise<{ server: TestServer; client: TestClient; version: string }> {
  const server = await startTestServer(options);
  const client = new TestClient(server);
  t.teardown(async () => {
    client.close();
    await server.stop();
  });
  return { server, client, version: (await client.get(ITEMS)).body.metadata.resourceVersion };
}

/** A connection that is read byte by byte; `until` looks at the newest bytes only. */
function open(server: TestServer, request: string): { socket: TLSSocket; text(): string; until(isThere: (newest: string) => boolean): Promise<string> } {
  const socket = connect({ host: "127.0.0.1", port: server.port, ca: server.ca, cert: server.admin.certificate, key: server.admin.key });
  const pieces: string[] = [];
  let newest = "";
  let look = () => {};
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    pieces.push(chunk);
    newest = (newest + chunk).slice(-NEWEST);
    look();
  });
  socket.write(request);
  const text = () => pieces.join("");
  const until = (isThere: (newest: string) => boolean) =>
    new Promise<string>((resolve, reject) => {
      look = () => isThere(newest) && resolve(text());
      socket.once("error", reject);
      socket.once("close", () => (isThere(newest) ? resolve(text()) : reject(new Error(`the connection ended after: ${newest.slice(-300)}`))));
      look();
    });
  return { socket, text, until };
}

const NEWEST = 4096;

/** The bodies of the answers in `text`, chunks put together; what follows a chunk that is not whole is left out. */
function bodiesOf(text: string): { body: string; ended: boolean }[] {
  const answers: { body: string; ended: boolean }[] = [];
  for (let at = 0; at < text.length; ) {
    at = text.indexOf("\r\n\r\n", at) + 4;
    const answer = { body: "", ended: false };
    answers.push(answer);
    while (!answer.ended && at < text.length) {
      const line = text.indexOf("\r\n", at);
      const size = Number.parseInt(text.slice(at, line), 16);
      if (Number.isNaN(size)) throw new Error(`no chunk: ${text.slice(at, at + 40)}`);
      if (text.length < line + 4 + size) return answers;
      if (text.slice(line + 2 + size, line + 4 + size) !== "\r\n") throw new Error(`a chunk does not end where it says: ${text.slice(at, at + 40)}`);
      answer.body += text.slice(line + 2, line + 2 + size);
      answer.ended = size === 0;
      at = line + 4 + size;
    }
  }
  return answers;
}

const eventsIn = (body: string): { type: string; object: { metadata: { name: string }; data: { x: string } } }[] => body.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
const namesIn = (body: string) => eventsIn(body).map(({ type, object }) => `${type} ${object.metadata.name}`);

test("events are chunks that say their length, and the answer ends with its time: the connection is good for the next request", async (t) => {
  const clock = new VirtualClock(systemClock.now_ms());
  const { server, client, version } = await serverFor(t, { clock });
  const watch = open(server, `GET ${ITEMS}?watch=1&resourceVersion=${version}&timeoutSeconds=60 HTTP/1.1\r\nhost: x\r\n\r\n`);
  await watch.until((text) => text.includes("\r\n\r\n"));
  for (const name of ["a", "b", "ü"]) await client.post(ITEMS, { metadata: { name: name === "ü" ? "c" : name }, data: { x: name } });
  await watch.until((text) => text.includes('"name":"c"'));
  await clock.advance(60_000);
  const text = await watch.until((now) => now.endsWith("\r\n0\r\n\r\n"));
  t.deepEqual(namesIn(bodiesOf(text)[0]!.body), ["ADDED a", "ADDED b", "ADDED c"]);
  t.is(Buffer.from(eventsIn(bodiesOf(text)[0]!.body)[2]!.object.data.x, "latin1").toString(), "ü");
  watch.socket.write("GET /version HTTP/1.1\r\nhost: x\r\n\r\n");
  t.true((await watch.until((now) => now.includes("gitVersion"))).includes("HTTP/1.1 200 OK", text.length));
  watch.socket.destroy();
});

test("a watch behind another one on the same connection has its turn when that is over", async (t) => {
  const clock = new VirtualClock(systemClock.now_ms());
  const { server, client, version } = await serverFor(t, { clock });
  const ask = (name: string, timeout_s: number) => `GET ${ITEMS}?watch=1&resourceVersion=${version}&timeoutSeconds=${timeout_s}&fieldSelector=metadata.name%3D${name} HTTP/1.1\r\nhost: x\r\n\r\n`;
  const both = open(server, ask("first", 60) + ask("second", 120));
  await both.until((text) => text.includes("\r\n\r\n"));
  for (const name of ["second", "first"]) await client.post(ITEMS, { metadata: { name } });
  t.false((await both.until((text) => text.includes('"name":"first"'))).includes('"name":"second"'));
  await clock.advance(60_000);
  await both.until((text) => text.includes('"name":"second"'));
  await client.patch(`${ITEMS}/second`, { data: { x: "later" } });
  await both.until((text) => text.includes("later"));
  await clock.advance(60_000);
  const [first, second] = bodiesOf(await both.until((text) => text.split("\r\n0\r\n\r\n").length === 3));
  t.deepEqual(namesIn(first!.body), ["ADDED first"]);
  t.deepEqual(namesIn(second!.body), ["ADDED second", "MODIFIED second"]);
  both.socket.destroy();
});

test("a client of HTTP/1.0 gets lines without chunks, and the end of the connection", async (t) => {
  const clock = new VirtualClock(systemClock.now_ms());
  const { server, client, version } = await serverFor(t, { clock });
  const watch = open(server, `GET ${ITEMS}?watch=1&resourceVersion=${version}&timeoutSeconds=60 HTTP/1.0\r\n\r\n`);
  await watch.until((text) => text.includes("\r\n\r\n"));
  await client.post(ITEMS, { metadata: { name: "old" } });
  await watch.until((text) => text.endsWith("}\n"));
  const ended = new Promise((resolve) => watch.socket.once("end", resolve));
  await clock.advance(60_000);
  await ended;
  t.deepEqual(namesIn(watch.text().slice(watch.text().indexOf("\r\n\r\n") + 4)), ["ADDED old"]);
});

/** Writes of a large object and at last of a small one, which tells that all before it are there. */
async function writeMuch(client: TestClient): Promise<void> {
  for (let i = 0; i < WRITES; i++) await client.patch(`${ITEMS}/large`, { data: { x: `${i}-${"y".repeat(OBJECT_BYTES)}` } });
  await client.post(ITEMS, { metadata: { name: "last" } });
}

const isLast = (newest: string) => newest.includes('"name":"last"') && newest.endsWith("}\n\r\n");
/** Which of the writes a body tells of. */
const writesIn = (body: string) => eventsIn(body).filter(({ type }) => type === "MODIFIED").map(({ object }) => Number.parseInt(object.data.x, 10));
const EACH = Array.from({ length: WRITES }, (_, index) => index);

test("a reader that pauses gets all of it in order once it reads again", async (t) => {
  const { server, client, version } = await serverFor(t);
  await client.post(ITEMS, { metadata: { name: "large" } });
  const watch = open(server, `GET ${ITEMS}?watch=1&resourceVersion=${version} HTTP/1.1\r\nhost: x\r\n\r\n`);
  await watch.until((newest) => newest.includes('"name":"large"'));
  watch.socket.pause();
  await writeMuch(client);
  watch.socket.resume();
  t.deepEqual(writesIn(bodiesOf(await watch.until(isLast))[0]!.body), EACH);
  watch.socket.destroy();
});

test("a reader that does not come back is cut off at its bound: what it gets then is whole events, and an end; others miss nothing", async (t) => {
  const { server, client, version } = await serverFor(t, { watchBuffer: { maxItems: 1000, maxBytes: 2 << 20 } });
  await client.post(ITEMS, { metadata: { name: "large" } });
  const request = `GET ${ITEMS}?watch=1&resourceVersion=${version} HTTP/1.1\r\nhost: x\r\n\r\n`;
  const lazy = open(server, request);
  const other = open(server, request);
  await Promise.all([lazy, other].map((watch) => watch.until((newest) => newest.includes('"name":"large"'))));
  lazy.socket.pause();
  await writeMuch(client);
  t.deepEqual(writesIn(bodiesOf(await other.until(isLast))[0]!.body), EACH);
  lazy.socket.resume();
  const [answer] = bodiesOf(await lazy.until((newest) => newest.endsWith("\r\n0\r\n\r\n")));
  const seen = writesIn(answer!.body);
  t.true(answer!.ended && seen.length < WRITES);
  t.deepEqual(seen, EACH.slice(0, seen.length));
  for (const watch of [lazy, other]) watch.socket.destroy();
});
