import { createHash } from "node:crypto";
import { openapiV2Document, openapiV3Document, openapiV3Index } from "../../api/openapi/openapi.ts";
import type { ApiResponse } from "../../api/exchange.ts";
import { answerHeaders, answerNotFoundText } from "../chain/answer.ts";
import { header, type RequestContext } from "../chain/context.ts";

/** Documents are named by their hash, so they may be kept for long. */
const IMMUTABLE = "public, immutable";
const V3 = "/openapi/v3/";

/** Answers /openapi/v2 and /openapi/v3; undefined for other paths. */
export class OpenApi {
  readonly #etags = new Map<string, string>();

  answer(context: RequestContext): ApiResponse | undefined {
    const { path } = context.info;
    if (!path.startsWith("/openapi/")) return undefined;
    const document = documentOf(path);
    if (document === undefined) return answerNotFoundText();
    let etag = this.#etags.get(path);
    if (etag === undefined) {
      etag = `"${createHash("sha512").update(document).digest("hex").toUpperCase()}"`;
      this.#etags.set(path, etag);
    }
    const cache = context.info.query.has("hash") ? { "cache-control": IMMUTABLE } : {};
    const headers = { ...answerHeaders(context, "application/json"), etag, vary: "Accept", ...cache };
    if (header(context.request, "if-none-match") === etag) return { status: 304, headers, body: { type: "none" } };
    return { status: 200, headers, body: { type: "bytes", bytes: document } };
  }
}

function documentOf(path: string): Uint8Array | undefined {
  if (path === "/openapi/v2") return openapiV2Document();
  if (path === "/openapi/v3" || path === V3) return Buffer.from(JSON.stringify(openapiV3Index()));
  return path.startsWith(V3) ? openapiV3Document(path.slice(V3.length)) : undefined;
}
