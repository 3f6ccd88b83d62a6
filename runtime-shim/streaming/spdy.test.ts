import { once } from "node:events";
import { text } from "node:stream/consumers";
import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import type { SpdySession } from "../../lib/spdy/session.ts";
import type { SpdyStream } from "../../lib/spdy/stream.ts";
import { execText, runContainer, runSandbox } from "../testing/pods.ts";
import { openSpdy } from "../testing/spdy-client.ts";
import { startShim, type TestShim } from "../testing/start-shim.ts";
import { openStream } from "../testing/stream-client.ts";

const v4 = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];
let shim: TestShim;
let sandbox: string;
let container: string;

test.before(async () => {
  shim = await startShim();
  sandbox = await runSandbox(shim);
  container = await runContainer(shim, sandbox, "nc -ll -p 8080 -e /bin/cat & exec sleep 1000");
  await execText(shim, container, "sh", "-c", "until grep -q ':1F90 .* 0A ' /proc/net/tcp /proc/net/tcp6; do sleep 0.02; done");
});
test.after.always(() => shim?.stop());

const execUrl = async (cmd: string[], streams: { stdin?: boolean; tty?: boolean } = {}) => (await shim.client.call("Exec", { containerId: container, cmd, stdout: true, stderr: !streams.tty, ...streams })).url;
const open = (session: SpdySession, ...types: string[]) => types.map((streamType) => session.open({ streamType })) as [SpdyStream, SpdyStream, SpdyStream, SpdyStream];

async function said(stream: SpdyStream, pattern: RegExp): Promise<string> {
  let all = "";
  while (!pattern.test(all)) all += String((await once(stream, "data"))[0]);
  return all;
}

test("exec: output of both kinds and the exit code as a Status", async (t) => {
  const { session, protocol } = await openSpdy(shim, await execUrl(["sh", "-c", "echo out; echo err >&2; exit 7"]), v4);
  t.is(protocol, "v4.channel.k8s.io");
  const [error, stdout, stderr] = open(session, "error", "stdout", "stderr");
  t.deepEqual(await Promise.all([text(stdout), text(stderr)]), ["out\n", "err\n"]);
  const status = JSON.parse(await text(error));
  t.deepEqual([status.reason, status.details.causes], ["NonZeroExitCode", [{ reason: "ExitCode", message: "7" }]]);
  session.end();
  await session.closed;
});

test("exec: protocols before v4 tell a failure in words, and success by nothing", async (t) => {
  for (const [protocols, command, message] of [[["v2.channel.k8s.io"], "exit 3", /exit code 3$/], [["channel.k8s.io"], "exit 0", /^$/]] as const) {
    const { session, protocol } = await openSpdy(shim, await execUrl(["sh", "-c", command]), protocols);
    t.is(protocol, protocols[0]);
    const [error, stdout, stderr] = open(session, "error", "stdout", "stderr");
    stdout.resume();
    stderr.resume();
    t.regex(await text(error), message);
    session.end();
  }
});

test("exec: stdin ends alone, much passes both ways", async (t) => {
  const { session } = await openSpdy(shim, await execUrl(["cat"], { stdin: true }), v4);
  const [error, stdin, stdout, stderr] = open(session, "error", "stdin", "stdout", "stderr");
  stderr.resume();
  const big = "x".repeat(5_000_000);
  stdin.end(big);
  t.true((await text(stdout)) === big);
  t.is(JSON.parse(await text(error)).status, "Success");
  session.end();
});

test("exec: a reader that is slow gets everything", async (t) => {
  const { session } = await openSpdy(shim, await execUrl(["sh", "-c", "head -c 300000 /dev/zero | tr '\\0' a"]), v4);
  const [error, stdout, stderr] = open(session, "error", "stdout", "stderr");
  stderr.resume();
  error.resume();
  let size = 0;
  for await (const chunk of stdout) {
    // The command has long ended when this reader goes on.
    if (size === 0) await systemClock.sleep(800);
    size += (chunk as Buffer).length;
  }
  t.is(size, 300_000);
  session.end();
});

test("exec: a terminal takes its size from the resize stream", async (t) => {
  const { session } = await openSpdy(shim, await execUrl(["sh"], { stdin: true, tty: true }), v4);
  const [error, stdin, stdout, resize] = open(session, "error", "stdin", "stdout", "resize");
  resize.write('{"Width":100,"Height":20}\n{"Width":132,');
  resize.write('"Height":43}\n');
  await said(stdout, /[#$] /);
  stdin.write("until stty size | grep -q '43 132'; do :; done; echo siz''ed\n");
  await said(stdout, /sized/);
  stdin.write("exit 3\n");
  stdout.resume();
  t.is(JSON.parse(await text(error)).details.causes[0].message, "3");
  session.end();
});

test("exec: the command is killed when the client goes", async (t) => {
  const { session } = await openSpdy(shim, await execUrl(["sh", "-c", "echo $$; exec sleep 4242"]), v4);
  const [, stdout] = open(session, "error", "stdout", "stderr");
  const pid = (await said(stdout, /\d+\n/)).trim();
  session.destroy();
  await t.notThrowsAsync(execText(shim, container, "sh", "-c", `while kill -0 ${pid} 2>/dev/null; do sleep 0.02; done`));
});

test("exec: older WebSocket protocols, base64 and none", async (t) => {
  for (const protocols of [["v4.base64.channel.k8s.io"], ["base64.channel.k8s.io"], ["channel.k8s.io"], []]) {
    const stream = await openStream(shim, await execUrl(["sh", "-c", "echo hi; exit 4"]), protocols);
    t.is(stream.protocol, protocols[0] ?? "");
    await stream.closed;
    const base64 = stream.protocol.includes("base64");
    const channel = (number: number) => (base64 ? Buffer.from(stream.text(0x30 + number), "base64").toString() : stream.text(number));
    t.is(channel(1), "hi\n");
    if (stream.protocol.startsWith("v4.")) t.is(JSON.parse(channel(3)).details.causes[0].message, "4");
    else t.regex(channel(3), /exit code 4$/);
  }
});

test("what cannot be agreed on is refused", async (t) => {
  await t.throwsAsync(openSpdy(shim, await execUrl(["true"]), ["v9.channel.k8s.io"]), { message: /403 .*client supports \[v9.channel.k8s.io\], server accepts \[v4/s });
  await t.throwsAsync(openSpdy(shim, await execUrl(["true"]), []), { message: /400 .*X-Stream-Protocol-Version is required/s });
});

test("attach: stdin, stdout and stderr of the container itself", async (t) => {
  const id = await runContainer(shim, sandbox, "while read line; do echo out $line; echo err $line >&2; done; echo ended; sleep 1000", { stdin: true, stdinOnce: true });
  const { url } = await shim.client.call("Attach", { containerId: id, stdin: true, stdout: true, stderr: true });
  const { session } = await openSpdy(shim, url, v4);
  const [, stdin, stdout, stderr] = open(session, "error", "stdin", "stdout", "stderr");
  stdin.write("one\n");
  await Promise.all([said(stdout, /out one/), said(stderr, /err one/)]);
  stdin.end();
  await said(stdout, /ended/);
  session.end();
  t.pass();
});

const forward = async () => (await openSpdy(shim, (await shim.client.call("PortForward", { podSandboxId: sandbox, port: [] })).url, ["portforward.k8s.io"])).session;
const connection = (session: SpdySession, requestid: string, port: number) => ["error", "data"].map((streamtype) => session.open({ streamtype, port: String(port), requestid })) as [SpdyStream, SpdyStream];

test("port-forward: several connections at once, each ends alone", async (t) => {
  const session = await forward();
  const both = ["0", "1"].map((id) => connection(session, id, 8080));
  for (const [index, [error, data]] of both.entries()) {
    error.end();
    data.write(`hello ${index}\n`);
  }
  for (const [index, [, data]] of both.entries()) t.is(await said(data, /\n/), `hello ${index}\n`);
  const [[firstError, first], [, second]] = both as [[SpdyStream, SpdyStream], [SpdyStream, SpdyStream]];
  first.destroy();
  t.is(await text(firstError), "");
  second.end("bye\n");
  t.is(await text(second), "bye\n");
  session.end();
  await session.closed;
});

test("port-forward: a port that nobody listens on is an error of that connection only", async (t) => {
  const session = await forward();
  const [error] = connection(session, "0", 81);
  t.regex(await text(error), /^error forwarding port 81 to pod .*connection refused$/);
  const [, data] = connection(session, "1", 8080);
  data.write("still\n");
  t.is(await said(data, /\n/), "still\n");
  session.end();
});
