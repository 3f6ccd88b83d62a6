import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { Attach, Exec, KubeConfig, Log, PortForward, type V1Status } from "@kubernetes/client-node";

/** Streams as a program on @kubernetes/client-node has them: prints what came as JSON. Runs in the network namespace of a host: `node THIS KUBECONFIG`. */
const config = new KubeConfig();
config.loadFromFile(process.argv[2] ?? "");

async function exec(command: string[], input?: string): Promise<{ out: string; error: string; status: V1Status }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stdin = input === undefined ? null : new PassThrough();
  const status = new Promise<V1Status>((resolve, reject) => {
    new Exec(config).exec("default", "box", "c", command, stdout, stderr, stdin, false, resolve).catch(reject);
  });
  stdin?.end(input);
  const ended = await status;
  stdout.end();
  stderr.end();
  return { out: await text(stdout), error: await text(stderr), status: ended };
}

async function attach(pod: string, line: string): Promise<string> {
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const socket = await new Attach(config).attach("default", pod, "c", stdout, stderr, stdin, false);
  stdin.write(`${line}\n`);
  let said = "";
  while (!said.includes(line)) said += String((await once(stdout, "data"))[0]);
  socket.close();
  return said;
}

async function forward(): Promise<string> {
  const forwarder = new PortForward(config);
  const server = createServer((socket) => void forwarder.portForward("default", "web", [8080], socket, null, socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write("GET / HTTP/1.0\r\n\r\n");
  let said = "";
  while (!said.includes("version")) said += String((await once(socket, "data"))[0]);
  socket.destroy();
  server.close();
  return said;
}

async function log(): Promise<string> {
  const lines = new PassThrough();
  const all = text(lines);
  await new Log(config).log("default", "box", "c", lines, { follow: false });
  return all;
}

const failed = await exec(["sh", "-c", "echo out; echo err >&2; exit 3"]);
const result = { failed, fine: await exec(["sh", "-c", "echo fine"]), attached: await attach(process.argv[3] ?? "", "hello"), forwarded: await forward(), log: await log() };
process.stdout.write(JSON.stringify(result), () => process.exit(0));
