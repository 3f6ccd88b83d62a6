import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { ApiResponse } from "../../api/exchange.ts";
import { ChunkStream } from "../chain/chunk-stream.ts";
import type { NodeRequest, NodeResponse } from "./node-request.ts";

/** Sends an answer; a stream goes out as fast as its reader takes it. Resolves when all is sent or the client is gone. */
export async function sendResponse(request: NodeRequest, node: NodeResponse, answer: ApiResponse): Promise<void> {
  // Node's HTTP/2 answers have the methods of HTTP/1.1's, but not all of them in their types.
  const response = node as ServerResponse;
  const { status, headers, body } = answer;
  if (response.destroyed || response.writableEnded) return;
  if (body.type !== "bytes" && body.type !== "stream" && body.type !== "none") throw new Error(`an answer of type ${body.type} cannot be sent here`);
  const bytes = body.type === "bytes" ? body.bytes : undefined;
  const sized = body.type === "stream" ? headers : { ...headers, "content-length": String(bytes?.length ?? 0) };
  // What is left of a body that nobody read is thrown away, or the client would never come to read the answer.
  if (!request.complete) request.resume();
  response.writeHead(status, sized as OutgoingHttpHeaders);
  if (body.type !== "stream" || request.method === "HEAD") {
    const sent = request.method === "HEAD" ? undefined : bytes;
    if (request.complete || request.httpVersionMajor === 2) end(response, sent);
    else await endAfterRequest(request as IncomingMessage, response, sent);
    return;
  }
  response.flushHeaders();
  await pump(response, body.chunks);
}

function end(response: ServerResponse, bytes: Uint8Array | undefined): void {
  if (bytes === undefined || bytes.length === 0) response.end();
  else response.end(bytes);
}

/**
 * Answers a client that still sends its body: the answer is written at once, but the connection is closed only when the body has been read (a request's
 * time bounds that), since closing on bytes that nobody has read resets it, and the client may lose the answer (RFC 9112 §9.6).
 */
function endAfterRequest(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array | undefined): Promise<void> {
  response.flushHeaders();
  if (bytes !== undefined && bytes.length > 0) response.write(bytes);
  return new Promise((resolve) => {
    const done = () => {
      request.off("end", done);
      request.off("close", done);
      response.end();
      resolve();
    };
    request.on("end", done);
    request.on("close", done);
    if (request.complete || request.destroyed) done();
  });
}

async function pump(response: ServerResponse, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  if (chunks instanceof ChunkStream) {
    for (const chunk of chunks.reusing()) {
      // The buffer is written anew when the next piece is asked for, so this one must be on its way first.
      await new Promise<void>((resolve) => response.write(chunk, () => resolve()));
      if (response.destroyed) return;
    }
    response.end();
    return;
  }
  for await (const chunk of chunks) {
    if (response.destroyed || response.writableEnded) return;
    if (!response.write(chunk)) await drained(response);
    if (response.destroyed) return;
  }
  response.end();
}

/** The reader has taken what was written, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
    if (response.destroyed) done();
  });
}
