import { createServer, type AddressInfo, type Server } from "node:net";
import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import test from "ava";
import { noRuntime, type PodRuntime } from "../pod/runtime-state.ts";
import { parseRoute } from "./routes.ts";
import { openTunnel, tunnelAddress } from "./tunnel.ts";

const NODE_IP = "192.0.2.1";
const withIps = (ips: readonly string[], ready = true): PodRuntime => ({ ...noRuntime, sandboxes: [{ id: "s", attempt: 0, createdAt_ns: 0, ready, ips }] });

function address(runtime: PodRuntime, url: string): { host: string; port: number } {
  const route = parseRoute(url);
  if (route.type !== "tunnel") throw new Error("no tunnel");
  return tunnelAddress(runtime, route, NODE_IP);
}

test("a tunnel leads only to what the runtime gave the pod", (t) => {
  const runtime = withIps(["10.0.0.5", "fd00::5"]);
  t.deepEqual(address(runtime, "/tunnel/ns/p/uid/80?ip=10.0.0.5"), { host: "10.0.0.5", port: 80 });
  t.deepEqual(address(runtime, "/tunnel/ns/p/uid/80?ip=fd00%3A%3A5"), { host: "fd00::5", port: 80 });
  t.deepEqual(address(runtime, "/tunnel/ns/p/uid/80"), { host: "10.0.0.5", port: 80 });
  t.throws(() => address(runtime, "/tunnel/ns/p/uid/80?ip=169.254.169.254"), { message: /does not have the address/ });
  t.throws(() => address(runtime, `/tunnel/ns/p/uid/80?ip=${NODE_IP}`), { message: /does not have the address/ });
  t.throws(() => address(withIps(["10.0.0.5"], false), "/tunnel/ns/p/uid/80"), { message: /not running/ });
  for (const port of ["0", "65536", "x", "1.5"]) t.throws(() => address(runtime, `/tunnel/ns/p/uid/${port}`), { message: "invalid port" });
});

test("a pod on the host's network is reached at the node's address", (t) => {
  t.deepEqual(address(withIps([]), `/tunnel/ns/p/uid/9100?ip=${NODE_IP}`), { host: NODE_IP, port: 9100 });
});

const listen = (server: Server) => new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

test("bytes pass both ways, each end alone; what was sent with the request is not lost", async (t) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let all = "";
    socket.setEncoding("utf8").on("data", (piece: string) => (all += piece));
    socket.once("end", () => socket.end(`got ${all}`));
  });
  const [caller, agent] = duplexPair();
  await openTunnel(agent, Buffer.from("early "), { host: "127.0.0.1", port: await listen(server) });
  caller.end("late");
  t.is(await text(caller), "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\ngot early late");
  server.close();
});

test("what cannot be dialled is told with the system's code", async (t) => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const [caller, agent] = duplexPair();
  await openTunnel(agent, Buffer.alloc(0), { host: "127.0.0.1", port });
  const answer = await text(caller);
  t.regex(answer, /^HTTP\/1\.1 502 Bad Gateway\r\nX-Error-Code: ECONNREFUSED\r\n/);
  t.regex(answer, /ECONNREFUSED/);
});
