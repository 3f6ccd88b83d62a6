import test from "ava";
import { containerConfig, execText, runContainer, runSandbox } from "../testing/pods.ts";
import { startShim, type TestShim } from "../testing/start-shim.ts";
import { openStream } from "../testing/stream-client.ts";

const v5 = ["v5.channel.k8s.io"];
const [STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE] = [0, 1, 2, 3, 4, 255];
let shim: TestShim;
let sandbox: string;
let container: string;

test.before(async () => {
  shim = await startShim();
  sandbox = await runSandbox(shim);
  container = await runContainer(shim, sandbox, "nc -ll -p 8080 -e /bin/cat & exec sleep 1000");
  await execText(shim, container, "sh", "-c", "until grep -q ':1F90 .* 0A ' /proc/net/tcp /proc/net/tcp6; do sleep 0.02; done");
});
test.after.always(() => shim.stop());

const execUrl = async (cmd: string[], streams: { stdin?: boolean; tty?: boolean } = {}) => (await shim.client.call("Exec", { containerId: container, cmd, stdout: true, stderr: !streams.tty, ...streams })).url;

test("exec: output of both kinds, then the exit code", async (t) => {
  const stream = await openStream(shim, await execUrl(["sh", "-c", "echo out; echo err >&2; exit 7"]), v5);
  t.is(stream.protocol, "v5.channel.k8s.io");
  await stream.closed;
  t.is(stream.text(STDOUT as number), "out\n");
  t.is(stream.text(STDERR as number), "err\n");
  const status = JSON.parse(stream.text(ERROR as number));
  t.deepEqual([status.status, status.reason, status.details.causes], ["Failure", "NonZeroExitCode", [{ reason: "ExitCode", message: "7" }]]);
});

test("exec: stdin to its end, closed alone", async (t) => {
  const stream = await openStream(shim, await execUrl(["sh", "-c", "wc -c; echo over"], { stdin: true }), v5);
  const big = Buffer.alloc(300_000, "x");
  for (let at = 0; at < big.length; at += 30_000) stream.send(STDIN as number, big.subarray(at, at + 30_000));
  stream.send(CLOSE as number, Buffer.from([STDIN as number]));
  await stream.closed;
  t.is(stream.text(STDOUT as number), "300000\nover\n");
  t.is(JSON.parse(stream.text(ERROR as number)).status, "Success");
});

test("exec: much output arrives whole", async (t) => {
  const stream = await openStream(shim, await execUrl(["sh", "-c", "head -c 20000000 /dev/zero | tr '\\0' a"]), v5);
  await stream.closed;
  t.is(stream.text(STDOUT as number).length, 20_000_000);
});

test("exec: a terminal has a size, and takes a new one", async (t) => {
  const stream = await openStream(shim, await execUrl(["sh"], { stdin: true, tty: true }), v5);
  stream.send(RESIZE as number, JSON.stringify({ Width: 132, Height: 43 }));
  await stream.said(STDOUT as number, /[#$] /);
  stream.send(STDIN as number, "until stty size | grep -q '43 132'; do :; done; tty && echo sized\n");
  await stream.said(STDOUT as number, /\/dev\/pts\/\d+\r\nsized/);
  stream.send(STDIN as number, "exit 3\n");
  await stream.closed;
  t.is(JSON.parse(stream.text(ERROR as number)).details.causes[0].message, "3");
});

test("exec: the command is killed when the client goes", async (t) => {
  const stream = await openStream(shim, await execUrl(["sh", "-c", "echo $$; exec sleep 4242"]), v5);
  const pid = (await stream.said(STDOUT as number, /\d+\n/)).trim();
  stream.close();
  // Killing shows in the container as the process' end.
  await t.notThrowsAsync(execText(shim, container, "sh", "-c", `while kill -0 ${pid} 2>/dev/null; do sleep 0.02; done`));
});

test("exec: what can't run is an error with a reason", async (t) => {
  const stream = await openStream(shim, await execUrl(["/no/such/program"]), v5);
  await stream.closed;
  const status = JSON.parse(stream.text(ERROR as number));
  t.is(status.status, "Failure");
  t.regex(stream.text(STDERR as number) + status.message, /no such file/);
});

test("a URL is good once, and only with a subprotocol", async (t) => {
  const url = await execUrl(["true"]);
  await t.throwsAsync(openStream(shim, url, ["other"]), { message: /403/ });
  const stream = await openStream(shim, url, v5);
  await stream.closed;
  await t.throwsAsync(openStream(shim, url, v5), { message: /404/ });
});

test("attach: stdin, stdout and stderr of the container itself", async (t) => {
  const id = await runContainer(shim, sandbox, "while read line; do echo out $line; echo err $line >&2; done; echo ended; sleep 1000", { stdin: true, stdinOnce: true });
  const { url } = await shim.client.call("Attach", { containerId: id, stdin: true, stdout: true, stderr: true });
  const stream = await openStream(shim, url, v5);
  stream.send(STDIN as number, "one\n");
  await stream.said(STDOUT as number, /out one/);
  await stream.said(STDERR as number, /err one/);
  stream.send(CLOSE as number, Buffer.from([STDIN as number]));
  await stream.said(STDOUT as number, /ended/);
  stream.close();
  await stream.closed;
  t.pass();
});

test("attach: ends with the container; a terminal can be resized", async (t) => {
  const { containerId } = await shim.client.call("CreateContainer", { podSandboxId: sandbox, config: containerConfig(shim, "until stty size | grep -q '43 132'; do sleep 0.02; done; echo sized; read x; exit 0", { stdin: true, tty: true }), sandboxConfig: {} });
  await shim.client.call("StartContainer", { containerId });
  const { url } = await shim.client.call("Attach", { containerId, stdin: true, stdout: true, tty: true });
  const stream = await openStream(shim, url, v5);
  stream.send(RESIZE as number, JSON.stringify({ Width: 132, Height: 43 }));
  await stream.said(STDOUT as number, /sized/);
  stream.send(STDIN as number, "\n");
  await stream.closed;
  t.is(JSON.parse(stream.text(ERROR as number)).status, "Success");
});

test("port-forward: to the pod's loopback; a port that nobody listens on says so", async (t) => {
  const { url } = await shim.client.call("PortForward", { podSandboxId: sandbox, port: [8080] });
  const stream = await openStream(shim, url, ["v4.channel.k8s.io"]);
  stream.send(0, "hello\n");
  await stream.said(0, /hello\n/);
  stream.close();
  const refused = await shim.client.call("PortForward", { podSandboxId: sandbox, port: [81] });
  const second = await openStream(shim, refused.url, ["v4.channel.k8s.io"]);
  await second.closed;
  t.regex(second.text(1), /error forwarding port 81 .*connection refused/);
});
