import { readFileSync } from "node:fs";
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { buffer } from "node:stream/consumers";
import { parse } from "yaml";

/** A request over HTTP/2 as typed Go clients send it: headers and bytes go out unchanged. */
export interface Http2Call {
  readonly method?: string;
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: Uint8Array;
}

export interface Http2Answer {
  readonly code: number;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** An answer that goes on: its first bytes come from `take`. */
export interface Http2Stream {
  readonly code: number;
  readonly contentType: string;
  /** The next `count` bytes. @throws Error when the stream ends before, or they do not come in time */
  take(count: number): Promise<Buffer>;
  close(): void;
}

export interface Http2Client {
  call(call: Http2Call): Promise<Http2Answer>;
  open(call: Http2Call): Promise<Http2Stream>;
  close(): void;
}

const TIMEOUT_MS = 60_000;

/** One connection as the admin of a kubeconfig; runs where the test runs, so only for servers on loopback. */
export function http2Client(kubeconfigPath: string): Http2Client {
  const file = parse(readFileSync(kubeconfigPath, "utf8"));
  const user = file.users[0].user;
  const base64 = (text: string) => Buffer.from(text, "base64");
  const cluster = file.clusters[0].cluster;
  const session = connect(cluster.server, { ca: base64(cluster["certificate-authority-data"]), cert: base64(user["client-certificate-data"]), key: base64(user["client-key-data"]) });
  session.on("error", () => undefined);
  const send = ({ method, path, accept, contentType, body }: Http2Call): ClientHttp2Stream => {
    const stream = session.request({ ":method": method ?? (body === undefined ? "GET" : "POST"), ":path": path, ...(accept === undefined ? {} : { accept }), ...(contentType === undefined ? {} : { "content-type": contentType }) }, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    return stream;
  };
  return {
    async call(call) {
      const stream = send(call);
      stream.setTimeout(TIMEOUT_MS, () => stream.destroy(new Error(`${call.path}: no answer within ${TIMEOUT_MS} ms`)));
      const [headers, bytes] = await Promise.all([headersOf(stream), buffer(stream)]);
      return { ...headers, bytes };
    },
    async open(call) {
      const stream = send(call);
      stream.setTimeout(TIMEOUT_MS, () => stream.destroy(new Error(`${call.path}: nothing came within ${TIMEOUT_MS} ms`)));
      const headers = await headersOf(stream);
      return { ...headers, take: (count) => take(stream, count), close: () => stream.close() };
    },
    close: () => session.destroy(),
  };
}

function headersOf(stream: ClientHttp2Stream): Promise<{ code: number; contentType: string }> {
  return new Promise((resolve, reject) => {
    stream.once("response", (headers: IncomingHttpHeaders) => resolve({ code: Number(headers[":status"]), contentType: headers["content-type"] ?? "" }));
    stream.once("error", reject);
    stream.once("close", () => reject(new Error("the stream was closed without an answer")));
  });
}

async function take(stream: ClientHttp2Stream, count: number): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0);
  for (;;) {
    const bytes = stream.read(count) as Buffer | null;
    if (bytes !== null && bytes.length === count) return bytes;
    if (bytes !== null || stream.readableEnded || stream.destroyed) throw new Error(`the stream ended before ${count} bytes`);
    await new Promise<void>((resolve, reject) => {
      const settle = () => {
        stream.off("readable", settle).off("close", settle).off("error", reject);
        resolve();
      };
      stream.once("readable", settle).once("close", settle).once("error", reject);
    });
  }
}
