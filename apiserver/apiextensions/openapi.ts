import { createHash } from "node:crypto";
import { type CustomDocumented, customDocument, customSwagger } from "../../api/openapi/custom.ts";
import { openapiFile, openapiV3File } from "../../api/openapi/openapi.ts";
import type { JsonSchemaProps } from "../../api/structural/json-schema-props.ts";
import { versionsOf } from "../../api/validation/apiextensions/internal-spec.ts";
import type { ExtraDocument, OpenApiSource, SwaggerPart } from "../discovery/openapi-source.ts";
import type { KindTable } from "../registry/served-kind.ts";
import type { CustomKinds } from "./custom-kinds.ts";

/** The built-in document that has the types of metadata and Scale, to which custom resources refer. */
const BORROWED = "apis/apps/v1";

/** The OpenAPI documents of custom resources: made when they are asked for, named by a digest of the definitions. */
export class CustomOpenApi implements OpenApiSource {
  readonly #kinds: KindTable;
  readonly #custom: CustomKinds;
  #known: { generation: number; v3: readonly ExtraDocument[]; v2: readonly SwaggerPart[] } | undefined;

  constructor(kinds: KindTable, custom: CustomKinds) {
    this.#kinds = kinds;
    this.#custom = custom;
  }

  v3(): readonly ExtraDocument[] {
    return this.#documents().v3;
  }

  v2(): readonly SwaggerPart[] {
    return this.#documents().v2;
  }

  #documents(): { v3: readonly ExtraDocument[]; v2: readonly SwaggerPart[] } {
    const { generation } = this.#kinds;
    if (this.#known?.generation === generation) return this.#known;
    const digests = new Map<string, string[]>();
    for (const definition of this.#custom.digests()) for (const version of definition.versions) digests.set(version, [...(digests.get(version) ?? []), definition.digest]);
    const v3 = [...digests].map(([groupVersion, of]): ExtraDocument => ({ path: `apis/${groupVersion}`, hash: digestOf(of), content: () => this.#v3(groupVersion) }));
    const all = [...this.#custom.digests()].map(({ digest }) => digest);
    const v2: SwaggerPart[] = all.length === 0 ? [] : [swaggerPart(digestOf(all), () => customSwagger(this.#documented(undefined)))];
    this.#known = { generation, v3, v2 };
    return this.#known;
  }

  async #v3(groupVersion: string): Promise<Uint8Array> {
    const borrowed = JSON.parse((await openapiFile(openapiV3File(BORROWED), false)).toString("utf8")) as { components: { schemas: Record<string, Record<string, unknown>> } };
    const document = customDocument(this.#documented(groupVersion), (name) => borrowed.components.schemas[name]);
    return Buffer.from(JSON.stringify(document));
  }

  /** The served versions with their schemas; of one group version, or of all. */
  #documented(groupVersion: string | undefined): CustomDocumented[] {
    const found: CustomDocumented[] = [];
    for (const definition of this.#custom.definitions()) {
      const { group = "", names } = definition.spec ?? {};
      for (const version of versionsOf(definition)) {
        if (groupVersion !== undefined && `${group}/${version.name}` !== groupVersion) continue;
        const kind = this.#kinds.byResource(group, version.name ?? "", names?.plural ?? "");
        if (kind?.custom !== undefined) found.push({ entry: kind.entry, schema: (version.schema?.openAPIV3Schema ?? {}) as JsonSchemaProps });
      }
    }
    return found;
  }
}

/** Made anew whenever it is asked for: together the definitions' schemas can be larger than all else that the server holds. */
function swaggerPart(hash: string, make: () => Omit<SwaggerPart, "hash">): SwaggerPart {
  return {
    hash,
    get paths() {
      return make().paths;
    },
    get definitions() {
      return make().definitions;
    },
  };
}

function digestOf(texts: readonly string[]): string {
  return createHash("sha512").update([...texts].sort().join(" ")).digest("hex").toUpperCase();
}
