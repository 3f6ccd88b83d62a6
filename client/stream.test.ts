import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import { type WebSocket, WebSocketServer } from "ws";
import { systemClock } from "../lib/clock.ts";
import { ApiError, ConnectionError } from "./client.ts";
import { openPortForward } from "./port-forward.ts";
import { exitCodeOf, openExec } from "./stream.ts";
import type { StreamTarget } from "./websocket.ts";

interface Peer {
  readonly target: StreamTarget;
  readonly paths: string[];
}

/** A peer that speaks for the API server: what it says on each socket is the test's. */
async function withPeer(t: ExecutionContext, accept: (socket: WebSocket) => void, use: (peer: Peer) => Promise<void>, refuse?: { status: number; body: unknown }): Promise<void> {
  const paths: string[] = [];
  const server: Server = createServer();
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (protocols) => [...protocols][0] ?? false });
  server.on("upgrade", (request, raw, head) => {
    paths.push(request.url ?? "");
    if (refuse === undefined) return sockets.handleUpgrade(request, raw, head, accept);
    const body = JSON.stringify(refuse.body);
    raw.end(`HTTP/1.1 ${refuse.status} No\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await use({ target: { connection: { servers: [`http://127.0.0.1:${port}`] }, clock: systemClock, readFile: async () => "" }, paths });
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  t.pass();
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const frame = (channel: number, content: string | Buffer) => Buffer.concat([Buffer.from([channel]), Buffer.from(content)]);
const pod = { namespace: "ns", name: "p" };

test("exec: input with its end, both outputs, resize, exit code", async (t) => {
  const heard: string[] = [];
  const accept = (socket: WebSocket) => {
    let input = "";
    socket.on("message", (data: Buffer) => {
      if (data[0] === 0) input += data.subarray(1).toString();
      if (data[0] === 4) heard.push(data.subarray(1).toString());
      if (data[0] !== 255) return;
      heard.push(`closed ${data[1]}`);
      socket.send(frame(1, ""));
      socket.send(frame(1, `got ${input}`));
      socket.send(frame(2, "oops"));
      socket.send(frame(3, JSON.stringify({ status: "Failure", reason: "NonZeroExitCode", details: { causes: [{ reason: "ExitCode", message: "7" }] } })));
      socket.close(1000);
    });
  };
  await withPeer(t, accept, async ({ target, paths }) => {
    const session = await openExec(target, { pod, container: "c", command: ["sh", "-c", "a b"], stdin: true });
    session.resize(80, 24);
    session.stdin.write("hello ");
    session.stdin.end("world");
    const [out, err, status] = await Promise.all([textOf(session.stdout), textOf(session.stderr), session.status]);
    t.deepEqual([out, err, exitCodeOf(status)], ["got hello world", "oops", 7]);
    t.deepEqual(heard, ['{"Width":80,"Height":24}', "closed 0"]);
    t.deepEqual(paths, ["/api/v1/namespaces/ns/pods/p/exec?command=sh&command=-c&command=a+b&container=c&stdin=true&stdout=true&stderr=true"]);
  });
});

test("exec: output that nobody reads is not buffered without end, and none is lost", async (t) => {
  const chunk = Buffer.alloc(64 * 1024, 0x78);
  const total = 200;
  let sent = 0;
  const accept = (socket: WebSocket) => {
    const send = () => {
      if (sent === total) {
        socket.send(frame(3, JSON.stringify({ status: "Success" })));
        return socket.close(1000);
      }
      sent++;
      socket.send(frame(1, chunk), () => setImmediate(send));
    };
    send();
  };
  await withPeer(t, accept, async ({ target }) => {
    const session = await openExec(target, { pod, command: ["yes"] });
    let before = -1;
    while (sent !== before) {
      before = sent;
      for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
    }
    t.true(sent < total, `${sent} chunks went out unread`);
    const [out] = await Promise.all([textOf(session.stdout), textOf(session.stderr)]);
    t.is(out.length, total * chunk.length);
    t.is(exitCodeOf(await session.status), 0);
  });
});

test("exec: a stream that breaks off", async (t) => {
  await withPeer(
    t,
    (socket) => socket.close(1011, "node is gone"),
    async ({ target }) => {
      const session = await openExec(target, { pod, command: ["x"] });
      session.stdout.resume();
      session.stderr.resume();
      await t.throwsAsync(session.status, { instanceOf: ConnectionError, message: /ended before the command did \(1011: node is gone\)/ });
    },
  );
});

test("a refusal is the server's Status", async (t) => {
  const refuse = { status: 403, body: { kind: "Status", code: 403, reason: "Forbidden", message: "may not" } };
  await withPeer(
    t,
    () => undefined,
    async ({ target }) => {
      await t.throwsAsync(openExec(target, { pod, command: ["x"] }), { instanceOf: ApiError, message: "may not" });
    },
    refuse,
  );
});

test("port-forward: bytes both ways, the port's error, the end", async (t) => {
  const port = Buffer.from([0x90, 0x1f]);
  const accept = (socket: WebSocket) => {
    socket.send(Buffer.concat([Buffer.from([0]), port]));
    socket.send(Buffer.concat([Buffer.from([1]), port]));
    socket.on("message", (data: Buffer) => {
      const text = data.subarray(1).toString();
      if (text === "fail") return socket.send(frame(1, "connection refused"));
      socket.send(frame(0, text.toUpperCase()));
      socket.close(1000);
    });
  };
  await withPeer(t, accept, async ({ target, paths }) => {
    const stream = await openPortForward(target, pod, 8080);
    stream.write("hello");
    t.is(await textOf(stream), "HELLO");
    t.is(paths[0], "/api/v1/namespaces/ns/pods/p/portforward?ports=8080");
    const failing = await openPortForward(target, pod, 8080);
    failing.write("fail");
    await t.throwsAsync(textOf(failing), { instanceOf: ConnectionError, message: "connection refused" });
  });
});
