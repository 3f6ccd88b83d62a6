import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kinds } from "../api/kinds/index.ts";
import { type DescribedDefinition, type Descriptions, modelNamesOf, parseModel } from "../api/openapi/descriptions.ts";
import { openapiV2Document, openapiV3Documents } from "../api/openapi/documents.ts";
import { openapiV3File } from "../api/openapi/openapi.ts";
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

const descriptions = readDescriptions();
const fresh = `${folder}.new`;
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
const paths: Record<string, { serverRelativeURL: string }> = {};
for (const [path, document] of openapiV3Documents(kinds, descriptions)) {
  const text = JSON.stringify(document);
  writeFileSync(join(fresh, openapiV3File(path)), text);
  paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${createHash("sha512").update(text).digest("hex").toUpperCase()}` };
}
writeFileSync(join(fresh, "v3-index.json"), JSON.stringify({ paths }));
writeFileSync(join(fresh, "v2.json"), JSON.stringify(openapiV2Document(kinds, descriptions)));
rmSync(folder, { recursive: true, force: true });
renameSync(fresh, folder);
