import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { kinds } from "../api/kinds/index.ts";
import { type DescribedDefinition, type Descriptions, modelNamesOf, parseModel } from "../api/openapi/descriptions.ts";
import { openapiV2Document, openapiV3Documents } from "../api/openapi/documents.ts";
import { encodeSwagger } from "../api/openapi/gnostic.ts";
import { INDEX_FILE, type OpenapiIndex, openapiV3File, V2_JSON_FILE, V2_NAMES_FILE, V2_PROTOBUF_FILE } from "../api/openapi/openapi.ts";
import { definition, definitionNames } from "../api/schema/schema.ts";

/** Writes build/openapi from the kinds and the descriptions in @kubernetes/client-node's models; whole or not at all. */
const root = fileURLToPath(new URL("../", import.meta.url));
const models = join(root, "node_modules/@kubernetes/client-node/dist/gen/models");
const folder = join(root, "build/openapi");

function readDescriptions(): Descriptions {
  const found: Record<string, DescribedDefinition> = {};
  for (const name of definitionNames()) {
    for (const className of modelNamesOf(definition(name))) {
      const path = join(models, `${className}.d.ts`);
      const described = existsSync(path) ? parseModel(readFileSync(path, "utf8"), className) : undefined;
      if (described === undefined) continue;
      found[name] = described;
      break;
    }
  }
  return found;
}

/** SHA-512, as ETags and hashes in URLs have it. */
function hashOf(bytes: Uint8Array): string {
  return createHash("sha512").update(bytes).digest("hex").toUpperCase();
}

/** The document, and compressed once for all who take it so. Returns its hash. */
function write(file: string, bytes: Uint8Array): string {
  writeFileSync(join(fresh, file), bytes);
  writeFileSync(join(fresh, `${file}.gz`), gzipSync(bytes, { level: 9 }));
  return hashOf(bytes);
}

const descriptions = readDescriptions();
const fresh = `${folder}.new`;
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
const v3: Record<string, string> = {};
for (const [path, document] of openapiV3Documents(kinds, descriptions)) v3[path] = write(openapiV3File(path), Buffer.from(JSON.stringify(document)));
const { swagger, info, paths, definitions, ...rest } = openapiV2Document(kinds, descriptions);
/** Bytes up to the closing brace of the last member's object. */
const endOf = (head: object) => Buffer.byteLength(JSON.stringify(head)) - 2;
const index: OpenapiIndex = {
  v3,
  v2: {
    json: write(V2_JSON_FILE, Buffer.from(JSON.stringify({ swagger, info, paths, definitions, ...rest }))),
    protobuf: write(V2_PROTOBUF_FILE, encodeSwagger({ swagger, info, paths, definitions, ...rest })),
    pathsEnd: endOf({ swagger, info, paths }),
    definitionsEnd: endOf({ swagger, info, paths, definitions }),
  },
};
writeFileSync(join(fresh, V2_NAMES_FILE), JSON.stringify(Object.keys(definitions as object)));
writeFileSync(join(fresh, INDEX_FILE), JSON.stringify(index));
rmSync(folder, { recursive: true, force: true });
renameSync(fresh, folder);
