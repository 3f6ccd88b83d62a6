import type { Client, RawRequest } from "../../client/client.ts";
import { UserError } from "../user-error.ts";

/** Most bytes of one answer that the CLI holds in memory. */
const MAX_ANSWER_BYTES = 512 * 1024 * 1024;
/** Most bytes of one watch event. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** A whole answer as bytes. @throws ApiError | UserError */
export async function readBytes(client: Client, request: RawRequest): Promise<Uint8Array> {
  const { chunks } = await client.request(request);
  const parts: Uint8Array[] = [];
  let size_bytes = 0;
  for await (const chunk of chunks) {
    size_bytes += chunk.length;
    if (size_bytes > MAX_ANSWER_BYTES) throw new UserError(`the answer to ${request.path} is larger than ${MAX_ANSWER_BYTES} bytes; narrow it with a selector or a namespace`);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** A whole answer as JSON. @throws ApiError | UserError */
export async function readJson<T>(client: Client, request: RawRequest): Promise<T> {
  return JSON.parse(Buffer.from(await readBytes(client, request)).toString("utf8")) as T;
}

/** The lines of a stream as they arrive, each parsed. */
export async function* readJsonLines<T>(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_BYTES) throw new UserError("the server sent an event that is too large");
    for (const line of lines) if (line !== "") yield JSON.parse(line) as T;
  }
}
