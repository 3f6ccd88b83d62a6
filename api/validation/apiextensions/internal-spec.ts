import type { CustomResourceDefinition } from "../../wire.ts";
import { semanticEqual } from "../equality.ts";
import type { PrinterColumn, Subresources } from "./columns.ts";

const VERSION = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion";

/** A schema as it is written in a definition. */
export type SchemaProps = Readonly<Record<string, unknown>>;

/** What may differ between the versions of a definition. */
export interface VersionParts {
  readonly schema?: { readonly openAPIV3Schema?: SchemaProps };
  readonly subresources?: Subresources;
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath?: string }[];
}

/** One version of a definition. */
export interface DefinitionVersion extends VersionParts {
  readonly name?: string;
  readonly served?: boolean;
  readonly storage?: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
}

/**
 * A spec as Kubernetes holds it while it validates: what all versions have alike stands at the top and not in the versions. That
 * decides which path an error has: `spec.validation.…`, or `spec.versions[0].schema.…`.
 */
export interface InternalSpec {
  readonly top: VersionParts;
  readonly versions: readonly DefinitionVersion[];
}

/** The versions of a definition, none where there are none. */
export function versionsOf(definition: CustomResourceDefinition): readonly DefinitionVersion[] {
  return (definition.spec?.versions ?? []) as readonly DefinitionVersion[];
}

/** Moves what all versions share to the top. */
export function internalSpec(definition: CustomResourceDefinition): InternalSpec {
  const versions = versionsOf(definition);
  const [first] = versions;
  if (first === undefined) return { top: {}, versions };
  const top: Record<string, unknown> = {};
  const rest = versions.map((version): Record<string, unknown> => ({ ...version }));
  for (const part of ["schema", "subresources", "additionalPrinterColumns", "selectableFields"] as const satisfies readonly (keyof VersionParts)[]) {
    if (!versions.every((version) => semanticEqual(VERSION, { [part]: version[part] }, { [part]: first[part] }))) continue;
    if (first[part] !== undefined) top[part] = first[part];
    for (const version of rest) delete version[part];
  }
  return { top, versions: rest };
}
