import { compileCustomResourceSchema } from "../../api/structural/compile.ts";
import type { CustomResourceSchema } from "../../api/structural/custom-resource-schema.ts";
import type { JsonSchemaProps } from "../../api/structural/json-schema-props.ts";
import { versionsOf } from "../../api/validation/apiextensions/internal-spec.ts";
import type { CustomResourceDefinition } from "../../api/wire.ts";

/** The schemas of a definition's versions, compiled when they are first needed: most definitions of a cluster are never used by most of its servers. */
export class DefinitionSchemas {
  readonly #group: string;
  readonly #versions: ReadonlySet<string>;
  readonly #definition: () => CustomResourceDefinition | undefined;
  readonly #compiled = new Map<string, CustomResourceSchema>();

  /** `definition` gives the object anew, so that its text is not held here. */
  constructor(definition: CustomResourceDefinition, again: () => CustomResourceDefinition | undefined) {
    this.#group = definition.spec?.group ?? "";
    this.#versions = new Set(versionsOf(definition).map((version) => version.name ?? ""));
    this.#definition = again;
  }

  /** Of a version by its apiVersion; undefined where there is no such version. */
  get(apiVersion: string): CustomResourceSchema | undefined {
    const known = this.#compiled.get(apiVersion);
    if (known !== undefined) return known;
    const [group, name = ""] = apiVersion.split("/");
    if (group !== this.#group || !this.#versions.has(name)) return undefined;
    const definition = this.#definition();
    const version = definition && versionsOf(definition).find((one) => one.name === name);
    if (version === undefined) return undefined;
    const schema = compileCustomResourceSchema((version.schema?.openAPIV3Schema ?? {}) as JsonSchemaProps);
    this.#compiled.set(apiVersion, schema);
    return schema;
  }
}
