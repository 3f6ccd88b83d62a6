import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import type { NodeClient } from "../rest/connect/node-client.ts";

/** A port of a pod: whose node's agent dials it. */
export interface PodAddress {
  readonly nodeName: string;
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  /** One of the pod's addresses. */
  readonly ip: string;
  readonly port: number;
}

const DIAL_TIMEOUT_MS = 30_000;

/** A connection to a pod's port, through the agent of its node: the API server itself never dials a pod. Rejects with the system's error as the agent met it. */
export async function dialPod(nodes: NodeClient, address: PodAddress, signal: AbortSignal): Promise<Duplex> {
  const { namespace, pod, uid, ip, port } = address;
  const path = `/tunnel/${[namespace, pod, uid, String(port)].map(encodeURIComponent).join("/")}?ip=${encodeURIComponent(ip)}`;
  const options = await nodes.options(address.nodeName, path, false);
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ ...options, headers: { connection: "Upgrade", upgrade: "tcp" } });
    request.setTimeout(DIAL_TIMEOUT_MS, () => request.destroy(withCode("i/o timeout", "ETIMEDOUT")));
    const stop = () => request.destroy(new Error("the client is gone"));
    signal.addEventListener("abort", stop, { once: true });
    request.once("upgrade", (_head: IncomingMessage, socket: Duplex & { setTimeout(ms: number): void }, early: Buffer) => {
      signal.removeEventListener("abort", stop);
      socket.setTimeout(0);
      socket.on("error", () => socket.destroy());
      // A pod may speak first.
      if (early.length > 0) socket.unshift(early);
      resolve(socket);
    });
    request.once("response", (answer) => {
      const { "x-error-code": code } = answer.headers;
      text(answer).then((message) => reject(withCode(message.trim(), typeof code === "string" ? code : undefined)), reject);
    });
    request.on("error", reject);
    request.once("close", () => signal.removeEventListener("abort", stop));
    request.end();
    if (signal.aborted) stop();
  });
}

function withCode(message: string, code: string | undefined): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
