import type { WebSocket } from "ws";
import type { ApiRequest, ApiResponse } from "../../api/exchange.ts";
import { untyped } from "../../api/status/errors.ts";
import { answerWebSocket, offeredProtocols, sendMessage } from "./websocket.ts";

/** Subprotocols for bytes of any kind: as they are, or in base64 for clients that only have text. */
const BINARY = ["binary.k8s.io", ""];
const BASE64 = "base64.binary.k8s.io";
/** Bytes of one message. */
const PIECE_BYTES = 32 << 10;

/**
 * A watch over a WebSocket: each event is one message, text for JSON and binary for protobuf. The subprotocol that the client names is agreed to, whatever it is:
 * JSON is text already, so base64 means nothing here, as in Kubernetes.
 */
export function watchOverWebSocket(request: ApiRequest, batches: AsyncIterable<readonly Uint8Array[]>, binary: boolean): ApiResponse {
  return answerWebSocket(request, offeredProtocols(request)[0] ?? "", (socket) => {
    void run(socket, async () => {
      for await (const batch of batches) {
        for (const frame of batch) {
          // Over HTTP a binary frame says its length first; a message needs none.
          if (!(await sendMessage(socket, binary ? frame.subarray(4) : Buffer.from(frame).toString("utf8")))) return;
        }
      }
    });
  });
}

/** Bytes over a WebSocket (a log), an empty message first as a sign that it has begun. @throws StatusError 403 for subprotocols that we do not speak */
export function bytesOverWebSocket(request: ApiRequest, chunks: AsyncIterable<Uint8Array>): ApiResponse {
  const offered = offeredProtocols(request);
  const known = [...BINARY, BASE64];
  const protocol = offered.length === 0 ? "" : offered.find((one) => known.includes(one));
  if (protocol === undefined) throw untyped(403, `requested protocol(s) are not supported: [${offered.join(" ")}]; supports [${known.filter((one) => one !== "").join(" ")}]`);
  return answerWebSocket(request, protocol, (socket) => {
    const send = (piece: Uint8Array) => sendMessage(socket, protocol === BASE64 ? Buffer.from(piece).toString("base64") : piece);
    void run(socket, async () => {
      await send(new Uint8Array());
      for await (const chunk of chunks) {
        for (let at = 0; at < chunk.length; at += PIECE_BYTES) if (!(await send(chunk.subarray(at, at + PIECE_BYTES)))) return;
      }
    });
  });
}

/** Closes the socket when the source is at its end; what breaks off breaks the socket off too. */
async function run(socket: WebSocket, copy: () => Promise<void>): Promise<void> {
  try {
    await copy();
    socket.close(1000);
  } catch {
    socket.terminate();
  }
}
