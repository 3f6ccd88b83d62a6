import { createServer } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import { CriError } from "../cri/cri-client.ts";
import type { ProbeOutcome } from "../pod/pod-state.ts";
import { FakeRuntime } from "../testing/fake-runtime.ts";
import { containerOf, podOf } from "../testing/pod-bench.ts";
import { grpcProbe } from "./grpc-probe.ts";
import { httpProbe } from "./http-probe.ts";
import { extend, noStreak, type ProbeResult } from "./outcome.ts";
import { createProber, resolvePort } from "./prober.ts";
import { tcpProbe } from "./tcp-probe.ts";

async function listening<T extends Server>(server: T): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A port on loopback where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const options = { timeout_ms: 2_000, userAgent: "kube-probe/1.36", clock: systemClock };

test("HTTP: the status decides; redirects on the host are followed, others only warned of", async (t) => {
  const seen: (string | undefined)[] = [];
  let raw: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers["user-agent"], request.headers["x-own"] as string | undefined);
    raw = request.rawHeaders;
    const status = Number(/\d+/.exec(request.url ?? "")?.[0] ?? 200);
    const location = request.url === "/302-again" ? request.url : request.url?.startsWith("/302-out") ? "http://elsewhere.invalid/" : "/200";
    response.writeHead(status, status === 302 ? { location } : {}).end("body");
  });
  const port = await listening(server);
  const probe = (path: string, headers: { name: string; value: string }[] = []) => httpProbe({ scheme: "http", host: "127.0.0.1", port, path, headers }, options);
  try {
    t.is((await probe("/200")).type, "success");
    t.is((await probe("/302")).type, "success");
    t.is((await probe("/302-out")).type, "warning");
    t.deepEqual(await probe("/300"), { type: "warning", output: "Probe terminated redirects, Response body: body" });
    t.is((await probe("/304")).type, "warning");
    t.deepEqual(await probe("/302-again"), { type: "failure", output: 'Get "/302-again": stopped after 10 redirects' });
    t.deepEqual(await probe("/500"), { type: "failure", output: "HTTP probe failed with statuscode: 500" });
    t.deepEqual(await probe("/404?a=b"), { type: "failure", output: "HTTP probe failed with statuscode: 404" });
    seen.length = 0;
    await probe("/200", [{ name: "X-Own", value: "1" }, { name: "User-Agent", value: "mine" }]);
    t.deepEqual(seen, ["mine", "1"]);
    await probe("/200", [{ name: "x-two", value: "1" }, { name: "X-TWO", value: "2" }, { name: "b", value: "3" }]);
    t.deepEqual(raw, ["Host", `127.0.0.1:${port}`, "User-Agent", "kube-probe/1.36", "Accept", "*/*", "B", "3", "X-Two", "1", "X-Two", "2", "Connection", "close"]);
    await probe("/200", [{ name: "host", value: "h.example" }, { name: "accept", value: "" }, { name: "user-agent", value: "" }]);
    t.deepEqual(raw, ["Host", "h.example", "Connection", "close"]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("HTTP: nobody listens, or nobody answers in time", async (t) => {
  const port = await closedPort();
  t.deepEqual(await httpProbe({ scheme: "http", host: "127.0.0.1", port, path: "/x", headers: [] }, options), { type: "failure", output: `Get "http://127.0.0.1:${port}/x": dial tcp 127.0.0.1:${port}: connect: connection refused` });
  const silent = createServer(() => {});
  const silentPort = await listening(silent);
  try {
    const result = await httpProbe({ scheme: "http", host: "127.0.0.1", port: silentPort, path: "/", headers: [] }, { ...options, timeout_ms: 50 });
    t.deepEqual(result, { type: "failure", output: `Get "http://127.0.0.1:${silentPort}/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)` });
  } finally {
    silent.closeAllConnections();
    silent.close();
  }
});

test("HTTP: answers that are none, in Go's words; the scheme's own port is said, too", async (t) => {
  const answers: ((socket: Socket) => void)[] = [(socket) => socket.destroy(), (socket) => socket.end("bl\u0001ah\r\n\r\n"), (socket) => socket.end("hello there\r\n\r\n"), (socket) => socket.end("HELLO 200 ok\r\n\r\n")];
  const server = createTcpServer((socket) => socket.on("error", () => {}).once("data", () => answers[0]?.(socket)));
  const port = await listening(server);
  const probe = (scheme: "http" | "https", path = "/") => httpProbe({ scheme, host: "127.0.0.1", port, path, headers: [] }, options);
  try {
    t.deepEqual(await probe("http"), { type: "failure", output: `Get "http://127.0.0.1:${port}/": EOF` });
    answers.shift();
    t.deepEqual(await probe("http", "/a?b=c"), { type: "failure", output: `Get "http://127.0.0.1:${port}/a?b=c": net/http: HTTP/1.x transport connection broken: malformed HTTP response "bl\\x01ah"` });
    answers.shift();
    t.regex((await probe("http") as { output: string }).output, /: malformed HTTP status code "there"$/);
    answers.shift();
    t.regex((await probe("http") as { output: string }).output, /: malformed HTTP version "HELLO"$/);
    t.deepEqual(await probe("https"), { type: "failure", output: `Get "https://127.0.0.1:${port}/": http: server gave HTTP response to HTTPS client` });
  } finally {
    server.close();
  }
  const refused = await httpProbe({ scheme: "http", host: "127.254.254.254", port: 80, path: "/", headers: [] }, options);
  t.deepEqual(refused, { type: "failure", output: 'Get "http://127.254.254.254:80/": dial tcp 127.254.254.254:80: connect: connection refused' });
});

test("TCP", async (t) => {
  const server = createTcpServer((socket) => socket.end());
  const port = await listening(server);
  t.is((await tcpProbe("127.0.0.1", port, 1_000)).type, "success");
  server.close();
  const closed = await closedPort();
  t.deepEqual(await tcpProbe("127.0.0.1", closed, 1_000), { type: "failure", output: `dial tcp 127.0.0.1:${closed}: connect: connection refused` });
});

test("gRPC health: serving, not serving, unknown service, no such protocol", async (t) => {
  const server = createHttp2Server();
  server.on("stream", (stream: ServerHttp2Stream) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const service = Buffer.concat(chunks).subarray(7).toString();
      if (service === "silent") return;
      const status = service === "unimplemented" ? 12 : service === "absent" ? 5 : 0;
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(status), "grpc-message": status === 0 ? "" : "no%20such" }));
      stream.end(status === 0 ? Buffer.from([0, 0, 0, 0, 2, 8, service === "bad" ? 2 : 1]) : undefined);
    });
  });
  const port = await listening(server as unknown as Server);
  try {
    t.is((await grpcProbe("127.0.0.1", port, "", options)).type, "success");
    t.deepEqual(await grpcProbe("127.0.0.1", port, "bad", options), { type: "failure", output: 'service unhealthy (responded with "NOT_SERVING")' });
    t.regex(((await grpcProbe("127.0.0.1", port, "unimplemented", options)) as { output: string }).output, /does not implement the grpc health protocol.*no such$/);
    t.deepEqual(await grpcProbe("127.0.0.1", port, "absent", options), { type: "failure", output: "error: health rpc probe failed: rpc error: code = NotFound desc = no such" });
    t.deepEqual(await grpcProbe("127.0.0.1", port, "silent", { ...options, timeout_ms: 1_000 }), { type: "failure", output: "timeout: health rpc did not complete within 1s" });
  } finally {
    server.close();
  }
  const closed = await closedPort();
  t.deepEqual(await grpcProbe("127.0.0.1", closed, "", { ...options, timeout_ms: 1_000 }), { type: "failure", output: `timeout: failed to connect service "127.0.0.1:${closed}" within 1s: context deadline exceeded` });
});

test("exec: the command's output and code, a timeout, and a runtime that fails", async (t) => {
  const runtime = new FakeRuntime(systemClock);
  const prober = createProber({ cri: runtime.client(), clock: systemClock, userAgent: "x" });
  const { podSandboxId } = await runtime.client().runtime.RunPodSandbox({ config: {} });
  const { containerId } = await runtime.client().runtime.CreateContainer({ podSandboxId, config: {} });
  await runtime.client().runtime.StartContainer({ containerId });
  const target = { pod: podOf(), container: containerOf("c"), containerId, podIp: "127.0.0.1" };
  const run = () => prober({ exec: { command: ["a", "b"] } }, target);
  runtime.exec = () => ({ exitCode: 3, output: "why\n" });
  t.deepEqual(await run(), { type: "failure", output: "why\n" });
  runtime.exec = (_id, command) => ({ exitCode: 1, output: command.join(" ") });
  const env = [{ name: "X", value: "y" }, { name: "Z", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }];
  t.deepEqual(await prober({ exec: { command: ["$(X)", "[$(Z)]", "$(NOPE)", "$$(X)"] } }, { ...target, container: containerOf("c", { env }) }), { type: "failure", output: "y [] $(NOPE) $(X)" }, "values that the spec has are filled in");
  runtime.exec = () => {
    throw new CriError("DeadlineExceeded", "too slow");
  };
  t.deepEqual(await run(), { type: "failure", output: 'command timed out: "a b" timed out after 1s' });
  runtime.exec = () => {
    throw new CriError("Internal", "broken");
  };
  t.deepEqual(await run(), { type: "unknown", error: "rpc error: code = Internal desc = broken" });
});

test("ports by number and by name", (t) => {
  const container = containerOf("c", { ports: [{ name: "http", containerPort: 8080 }] });
  t.is(resolvePort(80, container), 80);
  t.is(resolvePort("http", container), 8080);
  t.is(resolvePort("81", container), 81);
  t.throws(() => resolvePort("nope", container), { message: 'strconv.Atoi: parsing "nope": invalid syntax' });
  t.throws(() => resolvePort(0, container), { message: "invalid port number: 0" });
});

test("thresholds count results in a row; what could not be asked counts for nothing", (t) => {
  const thresholds = { failureThreshold: 3, successThreshold: 2 };
  const results: [ProbeResult["type"], ProbeOutcome | undefined][] = [
    ["failure", undefined],
    ["failure", undefined],
    ["unknown", undefined],
    ["failure", "failure"],
    ["failure", "failure"],
    ["success", undefined],
    ["failure", undefined],
    ["success", undefined],
    ["warning", "success"],
  ];
  let streak = noStreak;
  for (const [type, expected] of results) {
    const next = extend(streak, { type, output: "", error: "" } as ProbeResult, thresholds);
    t.is(next.verdict, expected);
    streak = next.streak;
  }
});
