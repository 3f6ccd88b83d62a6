import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { constants } from "node:http2";

/** Names of gRPC's status codes, by number. */
const STATUS_NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;
type StatusName = (typeof STATUS_NAMES)[number];

/** What an answer that is not gRPC's means, by its HTTP status (gRPC's http-grpc-status-mapping); all others are UNKNOWN. */
const STATUS_OF_HTTP: Readonly<Record<number, StatusName>> = {
  400: "INTERNAL",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "UNIMPLEMENTED",
  429: "UNAVAILABLE",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "UNAVAILABLE",
};

/** A call that failed; the text is `14 UNAVAILABLE: details`. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  /** It is certain that the server did not act on the call. */
  readonly notSent: boolean;

  constructor(status: StatusName, details: string, notSent = false) {
    super(`${STATUS_NAMES.indexOf(status)} ${status}: ${details}`);
    this.notSent = notSent;
  }
}

export interface CallHandlers {
  readonly message: (message: Buffer) => void;
  /** Called once, last. null: the server ended the call with status OK. */
  readonly end: (error: GrpcError | null) => void;
}

/** Before each message: whether it is compressed (1 byte), its length (4 bytes). */
const PREFIX_BYTES = 5;
/** A request that the peer has not begun to process is refused with this code (RFC 9113, 8.7). */
const REFUSED_STREAM = constants.NGHTTP2_REFUSED_STREAM;
/** Errors of a session that takes no more requests: nothing was written. */
const SESSION_OVER = new Set(["ERR_HTTP2_INVALID_SESSION", "ERR_HTTP2_GOAWAY_SESSION", "ERR_HTTP2_OUT_OF_STREAMS"]);

/** One gRPC call, which is one HTTP/2 stream. */
export class GrpcCall {
  readonly #stream: ClientHttp2Stream;
  readonly #handlers: CallHandlers;
  readonly #maxReceive_bytes: number;
  /** Of a message that is not whole yet. */
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Bytes that make the next message whole, with its prefix; 0 while the prefix is not whole. */
  #needed = 0;
  #head: IncomingHttpHeaders | undefined;
  #trailers: IncomingHttpHeaders | undefined;
  #error: Error | undefined;
  #ended = false;

  /** `headers`: names and values in turn. */
  constructor(session: ClientHttp2Session, headers: readonly string[], maxReceive_bytes: number, handlers: CallHandlers) {
    this.#handlers = handlers;
    this.#maxReceive_bytes = maxReceive_bytes;
    this.#stream = session.request(headers as string[], { endStream: false });
    this.#stream.on("response", (head) => {
      this.#head = head;
    });
    this.#stream.on("trailers", (trailers) => {
      this.#trailers = trailers;
    });
    this.#stream.on("data", (chunk: Buffer) => this.#onData(chunk));
    this.#stream.on("error", (error) => {
      this.#error = error;
    });
    this.#stream.on("close", () => this.#end(this.#outcome()));
  }

  write(message: Uint8Array): void {
    this.#stream.write(framed(message));
  }

  /** The last message. */
  finish(message: Uint8Array): void {
    this.#stream.end(framed(message));
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Ends the call on both sides; `end` is called with `reason` before this returns, unless it was called already. */
  cancel(reason: GrpcError): void {
    this.#end(reason);
    this.#stream.close(constants.NGHTTP2_CANCEL);
    // What still comes is thrown away: a paused stream would never close.
    this.#stream.resume();
  }

  #end(error: GrpcError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#chunks = [];
    this.#handlers.end(error);
  }

  #onData(chunk: Buffer): void {
    if (this.#ended || !isGrpc(this.#head)) return;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    while (!this.#ended && this.#buffered >= (this.#needed || PREFIX_BYTES)) {
      if (this.#needed === 0) this.#readPrefix();
      else this.#takeMessage();
    }
  }

  #readPrefix(): void {
    const bytes = this.#joined();
    const length = bytes.readUInt32BE(1);
    this.#needed = PREFIX_BYTES + length;
    if (bytes[0] !== 0) this.cancel(new GrpcError("INTERNAL", "a compressed message came, which was not asked for"));
    else if (length > this.#maxReceive_bytes) {
      this.cancel(new GrpcError("RESOURCE_EXHAUSTED", `Received message larger than max (${length} vs ${this.#maxReceive_bytes})`));
    }
  }

  #takeMessage(): void {
    const bytes = this.#joined();
    const rest = bytes.subarray(this.#needed);
    const message = bytes.subarray(PREFIX_BYTES, this.#needed);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#buffered = rest.length;
    this.#needed = 0;
    this.#handlers.message(message);
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] as Buffer;
  }

  /** How the call ended, once its stream is closed; null: with status OK. */
  #outcome(): GrpcError | null {
    const last = this.#trailers?.["grpc-status"] === undefined ? this.#head : this.#trailers;
    const code = last?.["grpc-status"];
    if (code !== undefined && (this.#error === undefined || code !== "0")) return statusError(String(code), last?.["grpc-message"]);
    if (this.#error !== undefined) return this.#streamError(this.#error);
    const status = Number(this.#head?.[":status"] ?? 0);
    if (status !== 0 && status !== 200) return new GrpcError(STATUS_OF_HTTP[status] ?? "UNKNOWN", `the answer has HTTP status ${status}: is this etcd?`);
    if (status === 200 && !isGrpc(this.#head)) return new GrpcError("UNKNOWN", `the answer's content-type is ${this.#head?.["content-type"]}, not gRPC's: is this etcd?`);
    return new GrpcError("UNAVAILABLE", `the stream was closed without a status (HTTP/2 code ${this.#stream.rstCode})`);
  }

  #streamError(error: Error & { code?: string }): GrpcError {
    const refused = error.code === "ERR_HTTP2_STREAM_ERROR" && this.#stream.rstCode === REFUSED_STREAM;
    return new GrpcError("UNAVAILABLE", error.message, refused || SESSION_OVER.has(error.code ?? ""));
  }
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

function isGrpc(head: IncomingHttpHeaders | undefined): boolean {
  return Number(head?.[":status"]) === 200 && (head?.["content-type"] ?? "").startsWith("application/grpc");
}

function statusError(code: string, message: string | string[] | undefined): GrpcError | null {
  if (code === "0") return null;
  return new GrpcError(STATUS_NAMES[Number(code)] ?? "UNKNOWN", percentDecoded(String(message ?? "")));
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
