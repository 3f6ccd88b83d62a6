import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { services } from "../../api/resources.ts";
import type { Pod } from "../../api/wire.ts";
import { openPortForward } from "../../client/port-forward.ts";
import { podsOf } from "../api/pods-of.ts";
import type { Session } from "../api/session.ts";
import { parseOneTarget } from "../api/targets.ts";
import { UserError } from "../user-error.ts";

export interface PortForwardOptions {
  readonly address: string;
  readonly say: (line: string) => void;
}

/** Most connections that one command carries at once. */
const MAX_CONNECTIONS = 256;

interface Forward {
  readonly local: number;
  /** A number, or the name of a container's port. */
  readonly remote: string;
}

/** `8080:80`, `80` or `:80`. @throws UserError */
export function parsePorts(text: string): Forward {
  const match = /^(?:(\d*):)?(\d+|[a-z0-9-]+)$/.exec(text);
  const remote = match?.[2] ?? "";
  const local = match?.[1] === undefined ? Number(remote) : Number(match[1] || 0);
  if (match === null || !Number.isInteger(local) || local > 65_535 || Number(remote) > 65_535) throw new UserError(`${JSON.stringify(text)}: write LOCAL:REMOTE, for example 8080:80`, 2);
  return { local, remote };
}

/** Listens locally and carries each connection to the pod's port through the API server, until the signal aborts. */
export async function portForward(session: Session, words: readonly string[], ports: readonly string[], options: PortForwardOptions, signal: AbortSignal): Promise<void> {
  const [pod] = await podsOf(session, words);
  if (pod === undefined) return;
  if (pod.status?.phase !== "Running") throw new UserError(`pod ${pod.metadata.name} is not running (it is ${pod.status?.phase ?? "unknown"}), so nothing can be reached in it`);
  const servers: Server[] = [];
  try {
    for (const { local, remote } of ports.map(parsePorts)) {
      const port = remotePort(pod, await servicePort(session, words, remote));
      const server = await listen(options.address, local, (socket) => void carry(session, pod, port, socket, options.say));
      servers.push(server);
      options.say(`Forwarding from ${options.address}:${(server.address() as AddressInfo).port} -> ${port} (pod ${pod.metadata.name})`);
    }
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  } finally {
    for (const server of servers) {
      server.close();
      server.emit("forward-stop");
    }
  }
}

/** A Service's port stands for its target port; of everything else the port is the pod's own. */
async function servicePort(session: Session, words: readonly string[], remote: string): Promise<string> {
  const { resource, name } = parseOneTarget(words, await session.mapper(), "pods");
  if (resource.group !== "" || resource.resource !== "services") return remote;
  const service = await session.client.get(services, { namespace: session.namespace, name });
  const found = service.spec?.ports?.find((port) => String(port.port) === remote || port.name === remote);
  if (found === undefined) throw new UserError(`service ${name} has no port ${remote}`);
  return String(found.targetPort ?? found.port);
}

function remotePort(pod: Pod, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const found = pod.spec?.containers.flatMap((container) => container.ports ?? []).find((port) => port.name === text);
  if (found === undefined) throw new UserError(`pod ${pod.metadata.name} has no port named ${JSON.stringify(text)}`);
  return found.containerPort;
}

function listen(address: string, port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      server.once("forward-stop", () => socket.destroy());
      onConnection(socket);
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.setMaxListeners(MAX_CONNECTIONS + 10);
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(new UserError(error.code === "EADDRINUSE" ? `port ${port} on ${address} is taken; choose another local port, for example ${port + 1}:…` : `cannot listen on ${address}:${port}: ${error.message}`)),
    );
    server.listen(port, address, () => resolve(server));
  });
}

/** Carries one connection; its failure is told and does not end the command. */
async function carry(session: Session, pod: Pod, port: number, socket: Socket, say: (line: string) => void): Promise<void> {
  socket.on("error", () => undefined);
  socket.pause();
  try {
    const stream = await openPortForward(session.streams, { namespace: pod.metadata.namespace, name: pod.metadata.name ?? "" }, port);
    stream.on("error", (error) => {
      say(`berth: port ${port}: ${error.message}`);
      socket.destroy();
    });
    socket.once("close", () => stream.destroy());
    socket.pipe(stream);
    stream.pipe(socket);
  } catch (error) {
    say(`berth: port ${port}: ${(error as Error).message}`);
    socket.destroy();
  }
}
