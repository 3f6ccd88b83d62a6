import type { Duplex } from "node:stream";
import { httpRequest } from "../../lib/http.ts";
import { SpdySession } from "../../lib/spdy/session.ts";
import { connectInNamespace } from "../os/pod-socket.ts";
import type { TestShim } from "./start-shim.ts";

/** A SPDY client of the shim's streams, within the shim's network namespace, and the protocol that was agreed on. */
export interface SpdyClient {
  readonly session: SpdySession;
  readonly protocol: string;
}

/** Connects to a URL that the shim gave; rejects with the answer's status and text when it is refused. */
export function openSpdy(shim: TestShim, url: string, protocols: readonly string[]): Promise<SpdyClient> {
  const target = new URL(url);
  const headers = { host: target.host, connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": [...protocols] };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ method: "POST", path: target.pathname, headers, setHost: false, createConnection: () => connectInNamespace(shim.networkNamespace, Number(target.port)) });
    request.once("upgrade", (answer, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve({ session: new SpdySession(socket, { role: "client" }), protocol: String(answer.headers["x-stream-protocol-version"]) });
    });
    request.once("response", (answer) => {
      answer.setEncoding("utf8");
      answer.once("data", (text: string) => reject(new Error(`${answer.statusCode} ${text}`)));
    });
    request.once("error", reject);
    request.end();
  });
}
