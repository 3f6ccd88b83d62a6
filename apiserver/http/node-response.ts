import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { ApiResponse } from "../../api/exchange.ts";
import { ChunkStream } from "../chain/chunk-stream.ts";
import { FrameStream } from "../chain/frame-stream.ts";
import { HeldAnswer } from "./held-answer.ts";
import type { NodeRequest, NodeResponse } from "./node-request.ts";

/** The whole answer is there, and its turn has come: on HTTP/1.1 answers go out in the order of their requests. */
export function isAtOnce(response: NodeResponse, { body }: ApiResponse): boolean {
  return (body.type === "bytes" || body.type === "none") && ("stream" in response || response.socket !== null);
}

/** Sends an answer that is there as a whole to a request without a body. */
export function sendWhole(request: NodeRequest, node: NodeResponse, answer: ApiResponse): void {
  const response = node as ServerResponse;
  if (response.destroyed || response.writableEnded) return;
  if (request.httpVersionMajor === 2 && !request.complete) request.resume();
  writeHead(response, answer);
  end(response, request.method === "HEAD" ? undefined : bytesOf(answer));
}

/** Sends an answer; a stream goes out as fast as its reader takes it. `isWhole`: no more of the request will come. Resolves when all is sent, the client is gone, or a watch is on its own. */
export async function sendResponse(request: NodeRequest, isWhole: boolean, node: NodeResponse, answer: ApiResponse): Promise<void> {
  // Node's HTTP/2 answers have the methods of HTTP/1.1's, but not all of them in their types.
  const response = node as ServerResponse;
  const { body } = answer;
  if (response.destroyed || response.writableEnded) return;
  if (body.type !== "bytes" && body.type !== "stream" && body.type !== "none") throw new Error(`an answer of type ${body.type} cannot be sent here`);
  // What is left of a body that nobody read is thrown away, or the client would never come to read the answer.
  if (!request.complete) request.resume();
  writeHead(response, answer);
  if (body.type !== "stream" || request.method === "HEAD") {
    const sent = request.method === "HEAD" ? undefined : bytesOf(answer);
    if (isWhole || request.complete || request.httpVersionMajor === 2) end(response, sent);
    else await endAfterRequest(request as IncomingMessage, response, sent);
    return;
  }
  response.flushHeaders();
  if (body.chunks instanceof FrameStream) new HeldAnswer(response, body.chunks);
  else await pump(response, body.chunks);
}

function bytesOf({ body }: ApiResponse): Uint8Array | undefined {
  return body.type === "bytes" ? body.bytes : undefined;
}

function writeHead(response: ServerResponse, answer: ApiResponse): void {
  // No Content has no length (RFC 9110, 8.6).
  const sized = answer.body.type === "stream" || answer.status === 204 ? answer.headers : { ...answer.headers, "content-length": String(bytesOf(answer)?.length ?? 0) };
  response.writeHead(answer.status, sized as OutgoingHttpHeaders);
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
