import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { encodeSwagger } from "../../api/openapi/gnostic.ts";
import { openapiFile, openapiIndex, openapiV3File, V2_JSON_FILE, V2_PROTOBUF_FILE } from "../../api/openapi/openapi.ts";
import type { ApiResponse } from "../../api/exchange.ts";
import { answerHeaders, answerNotFoundText } from "../chain/answer.ts";
import { header, type RequestContext } from "../chain/context.ts";
import { acceptedType } from "./accepted-type.ts";
import type { OpenApiSource, SwaggerPart } from "./openapi-source.ts";

const compress = promisify(gzip);
const V3 = "/openapi/v3/";
const JSON_TYPE = "application/json";
const PROTOBUF_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/** The name with `@` is the older one, which is no media type to the letter. */
const V2_TYPES: Readonly<Record<string, string>> = { [JSON_TYPE]: JSON_TYPE, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf": PROTOBUF_TYPE, [PROTOBUF_TYPE]: PROTOBUF_TYPE };
const V3_TYPES: Readonly<Record<string, string>> = { [JSON_TYPE]: JSON_TYPE };
/** Fastest: what it saves on the wire costs the server's time. */
const GZIP_LEVEL = 1;
const YEAR_MS = 365 * 24 * 3_600_000;

interface Document {
  readonly hash: string;
  /** The bytes, compressed where the client takes that. */
  content(compressed: boolean): Promise<Uint8Array>;
}

/** Answers /openapi/v2 (JSON and protobuf) and /openapi/v3: the documents of the built-in kinds, and those of the sources. */
export class OpenApi {
  readonly #sources: OpenApiSource[] = [];

  /** From now on the source's documents are answered too. */
  add(source: OpenApiSource): void {
    this.#sources.push(source);
  }

  /** undefined for other paths. */
  async answer(context: RequestContext): Promise<ApiResponse | undefined> {
    const { path } = context.info;
    if (!path.startsWith("/openapi/")) return undefined;
    const types = path === "/openapi/v2" ? V2_TYPES : V3_TYPES;
    const type = acceptedType(header(context.request, "accept"), types);
    if (type === undefined) return { status: 406, headers: { ...answerHeaders(context, "text/plain"), vary: "Accept" }, body: { type: "none" } };
    if (path === "/openapi/v2") return await answerDocument(context, type, this.#v2(type === PROTOBUF_TYPE), {});
    if (path === "/openapi/v3" || path === V3) return await answerDocument(context, type, this.#index(), {});
    const name = path.startsWith(V3) ? path.slice(V3.length) : "";
    const document = this.#v3(name);
    if (document === undefined) return answerNotFoundText();
    return await answerNamed(context, type, document, name);
  }

  #v3(path: string): Document | undefined {
    const { v3 } = openapiIndex();
    const hash = Object.hasOwn(v3, path) ? v3[path] : undefined;
    if (hash !== undefined) return { hash, content: (compressed) => openapiFile(openapiV3File(path), compressed) };
    for (const source of this.#sources) {
      const found = source.v3().find((one) => one.path === path);
      if (found !== undefined) return made(found.hash, async () => await found.content());
    }
    return undefined;
  }

  /** `paths` of each v3 document, with the hash in its URL, so that clients may keep what they have. */
  #index(): Document {
    const hashes = new Map(this.#sources.flatMap((source) => source.v3()).map(({ path, hash }) => [path, hash]));
    for (const [path, hash] of Object.entries(openapiIndex().v3)) hashes.set(path, hash);
    const sorted = [...hashes].sort(([a], [b]) => (a < b ? -1 : 1));
    const bytes = Buffer.from(JSON.stringify({ paths: Object.fromEntries(sorted.map(([path, hash]) => [path, { serverRelativeURL: v3Url(path, hash) }])) }));
    return made(hashOf(bytes), async () => bytes);
  }

  #v2(protobuf: boolean): Document {
    const { v2 } = openapiIndex();
    const parts = this.#sources.flatMap((source) => source.v2());
    const own = protobuf ? v2.protobuf : v2.json;
    if (parts.length === 0) return { hash: own, content: (compressed) => openapiFile(protobuf ? V2_PROTOBUF_FILE : V2_JSON_FILE, compressed) };
    return made(hashOf(Buffer.from([own, ...parts.map((part) => part.hash)].join(" "))), () => (protobuf ? mergedProtobuf(parts) : mergedJson(parts)));
  }
}

function made(hash: string, bytes: () => Promise<Uint8Array>): Document {
  return { hash, content: async (compressed) => (compressed ? await compress(await bytes(), { level: GZIP_LEVEL }) : await bytes()) };
}

/** The parts' paths and definitions put in before the closing braces of the built-in document's: nothing of it is parsed. */
async function mergedJson(parts: readonly SwaggerPart[]): Promise<Uint8Array> {
  const document = await openapiFile(V2_JSON_FILE, false);
  const { pathsEnd, definitionsEnd } = openapiIndex().v2;
  const members = (of: (part: SwaggerPart) => object) => Buffer.from(parts.map((part) => JSON.stringify(of(part)).slice(1, -1)).map((text) => (text === "" ? "" : `,${text}`)).join(""));
  return Buffer.concat([document.subarray(0, pathsEnd), members((part) => part.paths), document.subarray(pathsEnd, definitionsEnd), members((part) => part.definitions), document.subarray(definitionsEnd)]);
}

async function mergedProtobuf(parts: readonly SwaggerPart[]): Promise<Uint8Array> {
  return Buffer.concat([await openapiFile(V2_PROTOBUF_FILE, false), ...parts.map(({ paths, definitions }) => encodeSwagger({ paths, definitions }))]);
}

/** A v3 document: whoever names its hash may keep it for ever, and is led on where the hash is an old one. */
async function answerNamed(context: RequestContext, type: string, document: Document, path: string): Promise<ApiResponse> {
  const asked = context.info.query.get("hash") ?? "";
  if (asked === "") return await answerDocument(context, type, document, {});
  if (asked !== document.hash) return { status: 301, headers: { ...answerHeaders(context, type), location: v3Url(path, document.hash) }, body: { type: "none" } };
  return await answerDocument(context, type, document, { "cache-control": "public, immutable", expires: new Date(context.now_ms + YEAR_MS).toUTCString() });
}

async function answerDocument(context: RequestContext, type: string, document: Document, more: Readonly<Record<string, string>>): Promise<ApiResponse> {
  const etag = `"${document.hash}"`;
  const headers = { ...answerHeaders(context, type), etag, vary: "Accept, Accept-Encoding", ...more };
  if (header(context.request, "if-none-match") === etag) return { status: 304, headers, body: { type: "none" } };
  const compressed = acceptedType(header(context.request, "accept-encoding") ?? "identity", { gzip: "gzip", identity: "identity" }) === "gzip";
  return { status: 200, headers: compressed ? { ...headers, "content-encoding": "gzip" } : headers, body: { type: "bytes", bytes: await document.content(compressed) } };
}

function v3Url(path: string, hash: string): string {
  return `${V3}${path}?hash=${hash}`;
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha512").update(bytes).digest("hex").toUpperCase();
}
