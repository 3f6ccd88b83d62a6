import { readFileSync } from "node:fs";

/**
 * The documents that scripts/generate-openapi.ts made from the kinds and from the descriptions in the client package's models. They lie in
 * build/openapi, are read when asked for and not kept: together they are larger than the rest of an idle server.
 */
const FOLDER = new URL("../../build/openapi/", import.meta.url);

/** `paths` of each group version's v3 document: `apis/apps/v1` → URL with the content's hash. */
export interface OpenapiV3Index {
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
}

/** File of a group version's v3 document: `apis/apps/v1` → `v3-apis-apps-v1.json`. */
export function openapiV3File(path: string): string {
  return `v3-${path.replaceAll("/", "-")}.json`;
}

let index: OpenapiV3Index | undefined;

/** Index of `/openapi/v3`. @throws Error when the documents were not generated */
export function openapiV3Index(): OpenapiV3Index {
  index ??= JSON.parse(read("v3-index.json").toString("utf8")) as OpenapiV3Index;
  return index;
}

/** The v3 document of a group version (`apis/apps/v1`, `api/v1`) as JSON; undefined where there is none. @throws Error when the documents were not generated */
export function openapiV3Document(path: string): Uint8Array | undefined {
  return openapiV3Index().paths[path] === undefined ? undefined : read(openapiV3File(path));
}

/** `/openapi/v2` as JSON. @throws Error when the documents were not generated */
export function openapiV2Document(): Uint8Array {
  return read("v2.json");
}

function read(file: string): Buffer {
  try {
    return readFileSync(new URL(file, FOLDER));
  } catch (cause) {
    throw new Error("the OpenAPI documents are missing: run 'make deps' (scripts/generate-openapi.ts makes them)", { cause });
  }
}
