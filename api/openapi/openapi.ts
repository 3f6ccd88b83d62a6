import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/**
 * The documents that scripts/generate-openapi.ts made from the kinds and from the descriptions in the client package's models. They lie in
 * build/openapi (each also compressed), are read when asked for and not kept: together they are larger than the rest of an idle server.
 */
const FOLDER = new URL("../../build/openapi/", import.meta.url);

/** What is known of the documents without reading them. */
export interface OpenapiIndex {
  /** v3 document of each group version (`apis/apps/v1`) → hash of its content: upper-case hexadecimal SHA-512. */
  readonly v3: Readonly<Record<string, string>>;
  readonly v2: {
    readonly json: string;
    readonly protobuf: string;
    /** Where in the JSON document the object of paths and that of definitions end: the place of their closing brace, bytes from the start. */
    readonly pathsEnd: number;
    readonly definitionsEnd: number;
  };
}

export const INDEX_FILE = "index.json";
export const V2_JSON_FILE = "v2.json";
export const V2_PROTOBUF_FILE = "v2.pb";
export const V2_NAMES_FILE = "v2-definitions.json";

/** File of a group version's v3 document: `apis/apps/v1` → `v3-apis-apps-v1.json`. */
export function openapiV3File(path: string): string {
  return `v3-${path.replaceAll("/", "-")}.json`;
}

let index: OpenapiIndex | undefined;

/** @throws Error when the documents were not generated */
export function openapiIndex(): OpenapiIndex {
  try {
    index ??= JSON.parse(readFileSync(new URL(INDEX_FILE, FOLDER), "utf8")) as OpenapiIndex;
    return index;
  } catch (cause) {
    throw missing(cause);
  }
}

/** A document's bytes, or its compressed form's (gzip). @throws Error when the documents were not generated */
export async function openapiFile(file: string, compressed: boolean): Promise<Buffer> {
  try {
    return await readFile(new URL(compressed ? `${file}.gz` : file, FOLDER));
  } catch (cause) {
    throw missing(cause);
  }
}

/** Names of the v2 document's definitions. @throws Error when the documents were not generated */
export async function openapiDefinitionNames(): Promise<ReadonlySet<string>> {
  return new Set(JSON.parse((await openapiFile(V2_NAMES_FILE, false)).toString("utf8")) as string[]);
}

function missing(cause: unknown): Error {
  return new Error("the OpenAPI documents are missing: run 'make deps' (scripts/generate-openapi.ts makes them)", { cause });
}
