import { parseJson } from "../api/codec/parse-json.ts";
import type { ApiResponse, ResponseBody } from "../api/exchange.ts";
import type { Status } from "../api/wire.ts";
import { ConnectionError, type ReasonName } from "./client.ts";

/** Most bytes of an answer that is not a stream. */
export const MAX_BODY_BYTES = 384 * 1024 * 1024;
/** Most bytes of an error's body. */
const MAX_ERROR_BYTES = 4 * 1024 * 1024;
const MAX_ERROR_TEXT = 1024;

const REASONS: Readonly<Record<number, ReasonName>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  409: "Conflict",
  410: "Gone",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

export function isErrorStatus(code: number): boolean {
  return code >= 400;
}

/** The Status of an error answer; one is made up from code and text where the body is none. */
export async function statusOf(response: ApiResponse): Promise<Status> {
  const { body } = response;
  if (body.type === "object") return body.object as Status;
  const text = new TextDecoder().decode(await collect(body, MAX_ERROR_BYTES));
  const parsed = parseStatus(text);
  if (parsed !== undefined) return parsed;
  const reason = REASONS[response.status];
  const message = text.trim().slice(0, MAX_ERROR_TEXT) || `the server answered ${response.status} without a message`;
  return { apiVersion: "v1", kind: "Status", status: "Failure", code: response.status, message, ...(reason ? { reason } : {}) };
}

function parseStatus(text: string): Status | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const object = JSON.parse(text) as Status;
    return object.kind === "Status" ? object : undefined;
  } catch {
    return undefined;
  }
}

/** All bytes of a body. @throws ConnectionError when there are more than `limit_bytes` */
export async function collect(body: ResponseBody, limit_bytes = MAX_BODY_BYTES): Promise<Uint8Array> {
  if (body.type === "bytes") return body.bytes;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(body)) {
    length += chunk.length;
    if (length > limit_bytes) throw new ConnectionError(`the answer is larger than ${limit_bytes} bytes`, { outcomeUnknown: true });
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
}

/** A body as chunks of bytes, whatever form it has. */
export async function* chunksOf(body: ResponseBody): AsyncGenerator<Uint8Array> {
  switch (body.type) {
    case "none":
      return;
    case "bytes":
      yield body.bytes;
      return;
    case "stream":
      yield* body.chunks;
      return;
    case "object":
      yield new TextEncoder().encode(JSON.stringify(body.object));
      return;
    case "watch":
      for await (const batch of body.batches) yield new TextEncoder().encode(batch.map((event) => `${JSON.stringify(event)}\n`).join(""));
  }
}

/** @throws ConnectionError when the bytes are not JSON: a proxy or another server answered */
export function decodeJson(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  try {
    return parseJson(text);
  } catch (cause) {
    throw new ConnectionError(`the answer is not JSON: ${text.slice(0, 100)}`, { outcomeUnknown: true, cause });
  }
}
