import { createServer } from "node:net";
import test from "ava";
import { configmaps, namespaces } from "../../api/resources.ts";
import { systemClock } from "../../lib/clock.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { ApiError, type Client, ConnectionError, isReason } from "../client.ts";
import type { Connection } from "../kubeconfig.ts";
import { type Stub, sendJson, startStub } from "../testing/http-stub.ts";
import { createHttpClient } from "./client.ts";

const named = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });

async function withStubs(stubs: Stub[], use: (client: Client) => Promise<void>, connection: Partial<Connection> = {}, clock = systemClock): Promise<void> {
  const client = createHttpClient({ servers: stubs.map(({ url }) => url), ...connection }, { clock });
  try {
    await use(client);
  } finally {
    client.close();
    await Promise.all(stubs.map((stub) => stub.stop()));
  }
}

/** A port on which nobody listens. */
async function deadStub(): Promise<Stub> {
  const stub = await startStub(() => undefined);
  await stub.stop();
  return { ...stub, stop: async () => undefined };
}

test("nobody listens: a clear error, and nothing was sent", async (t) => {
  await withStubs([await deadStub()], async (client) => {
    const error = await t.throwsAsync(client.create(namespaces, named("a")), { instanceOf: ConnectionError, message: /cannot reach the API server at http:\/\/127.0.0.1:\d+: .*ECONNREFUSED/ });
    t.false(error?.outcomeUnknown);
  });
});

test("several servers: the next one takes over, also for writes that were not sent, and is kept", async (t) => {
  const alive = await startStub((_request, response) => sendJson(response, 200, named("a")));
  const dead = await deadStub();
  await withStubs([dead, alive], async (client) => {
    t.is((await client.create(namespaces, named("a"))).metadata.name, "a");
    await client.get(namespaces, { name: "a" });
    t.deepEqual(alive.requests, ["POST /api/v1/namespaces", "GET /api/v1/namespaces/a"]);
  });
});

test("a server that breaks off: a read is tried again, a write is not, and its outcome is unknown", async (t) => {
  const stub = await startStub((request, response, count) => {
    if (request.method === "GET" && count > 1) return sendJson(response, 200, named("a"));
    request.socket.destroy();
  });
  await withStubs([stub], async (client) => {
    t.is((await client.get(namespaces, { name: "a" })).metadata.name, "a");
    t.is(stub.requests.length, 2);
    const error = await t.throwsAsync(client.create(namespaces, named("a")), { instanceOf: ConnectionError });
    t.true(error?.outcomeUnknown);
    t.is(stub.requests.length, 3);
  });
});

test("a server that hangs: the deadline ends it, and the next server answers a read", async (t) => {
  const hung = await startStub(() => undefined);
  const alive = await startStub((_request, response) => sendJson(response, 200, named("a")));
  const client = createHttpClient({ servers: [hung.url, alive.url] }, { clock: systemClock, timeout_ms: 1500 });
  t.is((await client.get(namespaces, { name: "a" })).metadata.name, "a");
  client.close();
  const alone = createHttpClient({ servers: [hung.url] }, { clock: systemClock, timeout_ms: 1500 });
  await t.throwsAsync(alone.create(namespaces, named("a")), { instanceOf: ConnectionError, message: /no answer in time/ });
  alone.close();
  await Promise.all([hung.stop(), alive.stop()]);
});

test("429 with Retry-After is waited for, a bounded number of times; without it, it is the answer", async (t) => {
  const clock = new VirtualClock();
  const busy = { kind: "Status", code: 429, reason: "TooManyRequests", message: "busy" };
  const stub = await startStub((_request, response, count) => (count < 3 ? sendJson(response, 429, busy, { "retry-after": "2" }) : count === 3 ? sendJson(response, 200, named("a")) : sendJson(response, 429, busy)));
  await withStubs(
    [stub],
    async (client) => {
      const start_ms = clock.now_ms();
      const answer = client.create(namespaces, named("a"));
      for (let i = 0; i < 200 && stub.requests.length < 3; i++) {
        await clock.advance(100);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await answer;
      t.true(clock.now_ms() - start_ms >= 4000);
      t.is(stub.requests.length, 3);
      const error = await t.throwsAsync(client.get(namespaces, { name: "a" }), { instanceOf: ApiError });
      t.true(isReason(error, "TooManyRequests"));
    },
    {},
    clock,
  );
});

test("a server that is going away sends its clients to the next one; a 503 that may have done something is the answer to a write", async (t) => {
  const going = await startStub((_request, response) => sendJson(response, 503, { kind: "Status", code: 503, reason: "ServiceUnavailable" }, { "retry-after": "1" }));
  const alive = await startStub((_request, response) => sendJson(response, 200, named("a")));
  await withStubs([going, alive], async (client) => {
    t.is((await client.create(namespaces, named("a"))).metadata.name, "a");
    t.is(going.requests.length, 1);
    await client.get(namespaces, { name: "a" });
    t.is(going.requests.length, 1);
  });
  const unsure = await startStub((_request, response) => sendJson(response, 503, { kind: "Status", code: 503, reason: "ServiceUnavailable", message: "the store is not available" }));
  const other = await startStub((_request, response) => sendJson(response, 200, named("a")));
  await withStubs([unsure, other], async (client) => {
    await t.throwsAsync(client.create(namespaces, named("a")), { instanceOf: ApiError, message: "the store is not available" });
    t.deepEqual(other.requests, []);
    t.is((await client.get(namespaces, { name: "a" })).metadata.name, "a");
  });
});

test("errors: a Status is passed on, text becomes one, garbage is a broken connection", async (t) => {
  const stub = await startStub((request, response) => {
    if (request.url?.endsWith("/status")) return sendJson(response, 409, { kind: "Status", code: 409, reason: "AlreadyExists", message: "there" });
    response.writeHead(request.url?.endsWith("/text") ? 404 : 200, { "content-type": "text/plain" });
    response.end("404 page not found\n");
  });
  await withStubs([stub], async (client) => {
    const status = await t.throwsAsync(client.get(namespaces, { name: "status" }), { instanceOf: ApiError, message: "there" });
    t.true(isReason(status, "AlreadyExists"));
    const text = await t.throwsAsync(client.get(namespaces, { name: "text" }), { instanceOf: ApiError, message: "404 page not found" });
    t.is(text?.status.reason, "NotFound");
    await t.throwsAsync(client.get(namespaces, { name: "garbage" }), { instanceOf: ConnectionError, message: /not JSON/ });
  });
});

test("something that is no HTTP server", async (t) => {
  const server = createServer((socket) => socket.on("error", () => undefined).resume().end("SSH-2.0-OpenSSH\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const client = createHttpClient({ servers: [`http://127.0.0.1:${port}`] }, { clock: systemClock });
  await t.throwsAsync(client.get(namespaces, { name: "a" }), { instanceOf: ConnectionError, message: /got no answer/ });
  client.close();
  await new Promise((resolve) => server.close(resolve));
});

test("who calls: token, password, impersonation; a token file is read again when refused and after a minute", async (t) => {
  const clock = new VirtualClock();
  const seen: unknown[] = [];
  const stub = await startStub((request, response, count) => {
    seen.push([request.headers.authorization, request.headers["impersonate-user"], request.headers["impersonate-group"]]);
    sendJson(response, count === 2 ? 401 : 200, named("a"));
  });
  const { HttpTransport } = await import("./transport.ts");
  let token = "one";
  const connection = { servers: [stub.url], tokenFile: "/token", impersonate: { user: "bob", groups: ["x", "y"] } };
  const transport = new HttpTransport(connection, { clock, readFile: async () => `${token}\n` });
  const get = async () => void (await transport.send({ method: "GET", url: "/", headers: {}, signal: new AbortController().signal }));
  await get();
  token = "two";
  await get();
  await get();
  token = "three";
  await get();
  await clock.advance(61_000);
  await get();
  t.deepEqual(seen.map((headers) => (headers as string[])[0]), ["Bearer one", "Bearer one", "Bearer two", "Bearer two", "Bearer three"]);
  t.deepEqual((seen[0] as string[]).slice(1), ["bob", "x, y"]);
  transport.close();
  await stub.stop();
});

test("an aborted call ends with the caller's reason, and its request", async (t) => {
  let gone = () => {};
  const closed = new Promise<void>((resolve) => {
    gone = resolve;
  });
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const stub = await startStub((request) => {
    request.socket.once("close", gone);
    arrived();
  });
  await withStubs([stub], async (client) => {
    const caller = new AbortController();
    const answer = client.get(namespaces, { name: "a" }, { signal: caller.signal });
    await arrival;
    caller.abort(new Error("enough"));
    await t.throwsAsync(answer, { message: "enough" });
    await closed;
  });
});

test("a watch: events in batches, a break is an error, an abort is not", async (t) => {
  const line = (name: string) => `${JSON.stringify({ type: "ADDED", object: { kind: "ConfigMap", metadata: { name } } })}\n`;
  const stub = await startStub((request, response, count) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write(line("a") + line("b").slice(0, 10));
    response.write(line("b").slice(10));
    if (count === 1) return void response.write("", () => request.socket.end());
    response.write(line("c"));
  });
  await withStubs([stub], async (client) => {
    const names: (string | undefined)[] = [];
    const stop = new AbortController();
    const read = async () => {
      for await (const batch of client.watch(configmaps, { namespace: "x", resourceVersion: "7", allowWatchBookmarks: true, timeout_s: 5 }, stop.signal)) {
        names.push(...batch.map(({ object }) => object.metadata.name));
        if (names.includes("c")) stop.abort();
      }
    };
    await t.throwsAsync(read(), { instanceOf: ConnectionError });
    t.deepEqual(names, ["a", "b"]);
    await read();
    t.deepEqual(names, ["a", "b", "a", "b", "c"]);
    t.is(stub.requests[0], "GET /api/v1/namespaces/x/configmaps?resourceVersion=7&watch=true&allowWatchBookmarks=true&timeoutSeconds=5");
  });
});

test("when another server takes over, watches at the lost one end", async (t) => {
  let hang = false;
  const first = await startStub((request, response) => {
    if (request.url?.includes("watch")) return void response.writeHead(200).write("\n");
    if (!hang) sendJson(response, 200, named("a"));
  });
  const second = await startStub((_request, response) => sendJson(response, 200, named("a")));
  const client = createHttpClient({ servers: [first.url, second.url] }, { clock: systemClock, timeout_ms: 100 });
  const watching = (async () => {
    for await (const _ of client.watch(configmaps, {}, new AbortController().signal));
  })();
  // By an error, or quietly where the answer's end was read first: whoever watches begins anew either way.
  const ended = watching.then(
    () => true,
    (error: unknown) => error instanceof ConnectionError,
  );
  while (first.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await client.get(namespaces, { name: "a" });
  hang = true;
  await client.get(namespaces, { name: "a" });
  t.true(await ended);
  client.close();
  await Promise.all([first.stop(), second.stop()]);
});
