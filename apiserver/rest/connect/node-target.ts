import { connect, type Socket } from "node:net";
import { joinHostPort } from "../../proxy/proxyable.ts";
import type { ProxyTarget } from "../../proxy/target.ts";
import type { NodeClient } from "./node-client.ts";

const DIAL_TIMEOUT_MS = 10_000;

/** The node's agent as a backend, asked in the API server's name. @throws StatusError 404, 500 */
export async function agentTarget(nodes: NodeClient, nodeName: string): Promise<Omit<ProxyTarget, "path">> {
  const { host, port, cert, key, ca, checkServerIdentity } = await nodes.options(nodeName, "/", false);
  const tls = { cert, key, ca, minVersion: "TLSv1.2", rejectUnauthorized: true, ...(checkServerIdentity === undefined ? {} : { checkServerIdentity }) } as const;
  return { scheme: "https", authority: joinHostPort(String(host), Number(port)), tls, dial: (signal) => dialHost(String(host), Number(port), signal) };
}

/** A TCP connection to a host of the cluster. Rejects with the system's error. */
export function dialHost(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    // Only dialling is aborted: whoever has the connection ends it himself.
    const stop = () => socket.destroy(new Error("the client is gone"));
    signal.addEventListener("abort", stop, { once: true });
    const dialled = () => signal.removeEventListener("abort", stop);
    socket.setTimeout(DIAL_TIMEOUT_MS, () => socket.destroy(Object.assign(new Error("i/o timeout"), { code: "ETIMEDOUT" })));
    socket.on("error", (error) => {
      dialled();
      reject(error);
    });
    socket.once("connect", () => {
      dialled();
      socket.setTimeout(0);
      resolve(socket);
    });
    if (signal.aborted) stop();
  });
}
