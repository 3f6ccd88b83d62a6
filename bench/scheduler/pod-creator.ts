import { connect, type TLSSocket } from "node:tls";
import { tlsOptions } from "../../client/http/tls-options.ts";
import type { Connection } from "../../client/kubeconfig.ts";

const HEADERS_END = "\r\n\r\n";
const CREATED = "201";

/**
 * POSTs bodies over HTTPS from so many keep-alive connections, the next on a connection when the last was answered. It does as little as can be
 * done: a client library would take from the server under test a good part of the machine's two cores. `onSend` is told of each.
 * @throws Error when an answer is not 201
 */
export async function postAll(connection: Connection, path: string, bodies: readonly string[], connections: number, onSend: (index: number) => void): Promise<void> {
  const server = new URL(connection.servers[0] ?? "");
  const head = `POST ${path} HTTP/1.1\r\nHost: ${server.host}\r\nUser-Agent: bench\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: `;
  const requests = bodies.map((body) => Buffer.from(`${head}${Buffer.byteLength(body)}${HEADERS_END}${body}`));
  let next = 0;
  const work = async () => {
    const socket = await open(connection, server);
    try {
      for (let i = next++; i < requests.length; i = next++) {
        onSend(i);
        await exchange(socket, requests[i]!);
      }
    } finally {
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
}

function open(connection: Connection, server: URL): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...tlsOptions(connection), host: server.hostname, port: Number(server.port), ALPNProtocols: ["http/1.1"] }, () => resolve(socket));
    socket.setNoDelay(true);
    socket.once("error", reject);
  });
}

function exchange(socket: TLSSocket, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer: Buffer = Buffer.alloc(0);
    const end = (error?: Error) => {
      socket.off("data", onData);
      socket.off("close", onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onClose = () => end(new Error("the server closed the connection"));
    const onData = (chunk: Buffer) => {
      answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
      const length = lengthOf(answer);
      if (length === undefined || answer.length < length) return;
      const status = answer.toString("latin1", 9, 12);
      end(status === CREATED ? undefined : new Error(`a pod was answered ${answer.toString("utf8")}`));
    };
    socket.on("data", onData);
    socket.on("close", onClose);
    socket.write(request);
  });
}

/** Bytes of the whole answer; undefined while its headers have not all come. */
function lengthOf(answer: Buffer): number | undefined {
  const end = answer.indexOf(HEADERS_END);
  if (end < 0) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.toString("latin1", 0, end))?.[1];
  if (length === undefined) throw new Error("an answer without Content-Length");
  return end + HEADERS_END.length + Number(length);
}
