import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ApiResponse } from "../../api/exchange.ts";
import { STATUS_CODES } from "../../lib/http.ts";

/** The backend has switched protocols: its answer goes to the client as it is, and then all bytes both ways until either side ends or `closing` aborts. */
export function takeUpgrade(head: IncomingMessage, backend: Duplex, rest: Buffer, closing: AbortSignal): ApiResponse {
  backend.on("error", () => backend.destroy());
  return {
    status: 101,
    headers: {},
    body: {
      type: "upgrade",
      take(client, early) {
        client.write(answerHead(head));
        if (rest.length > 0) client.write(rest);
        if (early.length > 0) backend.write(early);
        joinStreams(client, backend, closing);
      },
    },
  };
}

/** Pipes each into the other, half-closes included, until both have ended, one breaks, or `closing` aborts. */
export function joinStreams(client: Duplex, backend: Duplex, closing: AbortSignal): void {
  untimed(client);
  untimed(backend);
  const stop = () => {
    client.destroy();
    backend.destroy();
  };
  for (const stream of [client, backend]) {
    stream.on("error", stop);
    stream.once("close", () => {
      closing.removeEventListener("abort", stop);
      // What was written is still on its way; what has not come by then never will.
      (stream === client ? backend : client).end();
    });
  }
  client.once("close", () => backend.destroy());
  closing.addEventListener("abort", stop, { once: true });
  if (closing.aborted) return stop();
  backend.pipe(client);
  client.pipe(backend);
}

/** A stream may be idle as long as its ends like. */
function untimed(stream: Duplex & { setTimeout?(timeout_ms: number): void }): void {
  stream.setTimeout?.(0);
}

/** Status line and headers as the backend wrote them. */
function answerHead(head: IncomingMessage): string {
  const status = head.statusCode ?? 502;
  const lines = [`HTTP/1.1 ${status} ${head.statusMessage || STATUS_CODES[status] || ""}`];
  for (let i = 0; i + 1 < head.rawHeaders.length; i += 2) lines.push(`${head.rawHeaders[i]}: ${head.rawHeaders[i + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
