import type { MergeType } from "../../fieldmanager/merge-type.ts";
import { customMergeType, type StructuralSchema } from "../../fieldmanager/structural.ts";
import type { Versions } from "../../fieldmanager/updater.ts";
import { equalJson, isMap } from "../../patch/json-value.ts";
import { invalid, required } from "../../status/field-error.ts";
import { goQuote } from "../../status/go-text.ts";
import type { CustomResourceSchema } from "../../structural/custom-resource-schema.ts";
import type { DefinitionVersion } from "../../validation/apiextensions/internal-spec.ts";
import { versionsOf } from "../../validation/apiextensions/internal-spec.ts";
import type { Errors } from "../../validation/common.ts";
import { nameIsDnsSubdomain, qualifiedName } from "../../validation/names.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../validation/object-meta.ts";
import type { ApiObject, CustomResourceDefinition } from "../../wire.ts";
import type { KindEntry, Merging, Strategy, StrategyContext, Subresource, UpdateStrategy, Verb } from "../kind.ts";
import { customColumns } from "./custom-columns.ts";
import { selectableFieldGetters } from "./custom-fields.ts";
import { customScale, validateScaleFields } from "./custom-scale.ts";
import { deprecationText } from "./custom-versions.ts";

/** In the order in which Kubernetes lists them for custom resources. */
const VERBS: readonly Verb[] = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const SUBRESOURCE_VERBS: readonly Verb[] = ["get", "patch", "update"];
const STANDARD_FINALIZERS = new Set(["orphan", "foregroundDeletion", "kubernetes"]);

/**
 * The entry of one version of a custom resource: what its definition says, as the registry serves every kind. `schemaOf`: of any version, by
 * apiVersion; asked for when it is needed, so that definitions nobody uses cost little. Schemas in `definition` itself are not looked at.
 */
export function customResourceKind(definition: CustomResourceDefinition, version: DefinitionVersion, schemaOf: SchemaOf): KindEntry {
  const { spec } = definition;
  if (!spec) throw new Error(`definition ${definition.metadata.name} has no spec`);
  const names = definition.status?.acceptedNames ?? spec.names;
  const deprecation = deprecationText(definition, version);
  const schema = () => requiredSchema(schemaOf, `${spec.group}/${version.name}`);
  return {
    group: spec.group,
    version: version.name ?? "",
    kind: spec.names.kind,
    listKind: names.listKind ?? `${spec.names.kind}List`,
    plural: spec.names.plural,
    singular: names.singular ?? "",
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: spec.scope === "Namespaced",
    verbs: VERBS,
    ...(deprecation === undefined ? {} : { deprecation }),
    definition: "",
    subresources: subresourcesOf(definition, version, schema),
    strategy: customStrategy(definition, version, schema),
    columns: customColumns(version.additionalPrinterColumns),
    selectableFields: selectableFieldGetters(version.selectableFields),
    merging: mergingOf(`${spec.group}/${version.name}`, schemaOf),
  };
}

/** The schema of a version (`example.com/v1`); undefined where there is no such version. */
export type SchemaOf = (apiVersion: string) => CustomResourceSchema | undefined;

function requiredSchema(schemaOf: SchemaOf, apiVersion: string): CustomResourceSchema {
  const schema = schemaOf(apiVersion);
  if (schema === undefined) throw new Error(`${apiVersion} has no schema`);
  return schema;
}

/** Status first, then scale: discovery lists them so. */
function subresourcesOf(definition: CustomResourceDefinition, version: DefinitionVersion, schema: () => CustomResourceSchema): Readonly<Record<string, Subresource>> {
  const kind = definition.spec?.names.kind ?? "";
  const { status, scale } = version.subresources ?? {};
  const paths = versionsOf(definition).flatMap((one) => (one.subresources?.scale?.specReplicasPath === undefined ? [] : [[`${definition.spec?.group}/${one.name}`, one.subresources.scale.specReplicasPath.replace(/^\./, "")]]));
  return {
    ...(status === undefined ? {} : { status: { type: "status", kind, verbs: SUBRESOURCE_VERBS, strategy: statusStrategy(definition, version, schema) } }),
    ...(scale === undefined ? {} : { scale: { type: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: SUBRESOURCE_VERBS, scale: customScale(scale, Object.fromEntries(paths)) } }),
  };
}

function customStrategy(definition: CustomResourceDefinition, version: DefinitionVersion, schema: () => CustomResourceSchema): Strategy {
  const hasStatus = version.subresources?.status !== undefined;
  return {
    applyDefaults: (object) => schema().applyDefaults(object),
    prepareForCreate(object) {
      if (hasStatus) delete object["status"];
      object.metadata.generation = 1;
    },
    prepareForUpdate(object, old) {
      if (hasStatus) {
        if (Object.hasOwn(old, "status")) object["status"] = old["status"];
        else delete object["status"];
      }
      if (!equalJson(withoutMetadata(object), withoutMetadata(old))) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
    validate(object) {
      const wrongType = typeErrors(object, definition, version);
      if (wrongType.length > 0) return wrongType;
      const meta: Errors = [];
      validateObjectMeta(object.metadata, definition.spec?.scope === "Namespaced", nameIsDnsSubdomain, meta);
      return withSchemaErrors(object, version, meta, (before) => schema().validate(object, before));
    },
    ...updateRules(definition, version, schema),
    warnings: finalizerWarnings,
    allowUnconditionalUpdate: false,
  };
}

/** A write to /status changes the status and managedFields alone. */
function statusStrategy(definition: CustomResourceDefinition, version: DefinitionVersion, schema: () => CustomResourceSchema): UpdateStrategy {
  return {
    prepareForUpdate(object, old) {
      const { status } = object;
      const { managedFields, resourceVersion } = object.metadata;
      for (const key of Object.keys(object)) delete object[key];
      Object.assign(object, structuredClone(old));
      if (status === undefined) delete object["status"];
      else object["status"] = status;
      if (managedFields === undefined) delete object.metadata.managedFields;
      else object.metadata.managedFields = managedFields;
      if (resourceVersion !== undefined) object.metadata.resourceVersion = resourceVersion;
    },
    ...updateRules(definition, version, schema),
  };
}

function updateRules(definition: CustomResourceDefinition, version: DefinitionVersion, schema: () => CustomResourceSchema): Required<Pick<UpdateStrategy, "validateUpdate">> {
  return {
    validateUpdate(object, old, context: StrategyContext) {
      const wrongType = typeErrors(object, definition, version);
      if (wrongType.length > 0) return wrongType;
      const meta: Errors = [];
      validateObjectMetaUpdate(object.metadata, old.metadata, meta);
      return withSchemaErrors(object, version, meta, (before) => {
        const { errors, warnings } = schema().validateUpdate(object, old, before);
        for (const text of warnings) context.warn?.(text);
        return errors;
      });
    },
  };
}

/** Metadata, then the schema's findings, then the scale's; the schema's rules are run only where the others found nothing that stands in their way. */
function withSchemaErrors(object: ApiObject, version: DefinitionVersion, meta: Errors, schemaErrors: (before: Errors) => Errors): Errors {
  const scale: Errors = [];
  validateScaleFields(object, version.subresources?.scale, scale);
  return [...meta, ...schemaErrors([...meta, ...scale]), ...scale];
}

function typeErrors(object: ApiObject, definition: CustomResourceDefinition, version: DefinitionVersion): Errors {
  const errors: Errors = [];
  const kind = definition.spec?.names.kind ?? "";
  const apiVersion = `${definition.spec?.group}/${version.name}`;
  if (!object.kind) errors.push(required("kind"));
  else if (object.kind !== kind) errors.push(invalid("kind", object.kind, `must be ${kind}`));
  if (!object.apiVersion) errors.push(required("apiVersion"));
  else if (object.apiVersion !== apiVersion) errors.push(invalid("apiVersion", object.apiVersion, `must be ${apiVersion}`));
  return errors;
}

function withoutMetadata(object: ApiObject): object {
  const { metadata: _metadata, ...rest } = object;
  return rest;
}

/** Finalizers that are newly there and might be confused with somebody else's. */
function finalizerWarnings(object: ApiObject, old: ApiObject | undefined): string[] {
  const before = old?.metadata.finalizers ?? [];
  const added = [...new Set(object.metadata.finalizers ?? [])].filter((finalizer) => !before.includes(finalizer)).sort();
  return added.flatMap((finalizer) => {
    const of = `metadata.finalizers: ${goQuote(finalizer)}`;
    const texts = qualifiedName(finalizer).map((message) => `${of}: ${message}`);
    const path = finalizer.includes(".") ? "including a path (/) " : "";
    if (!finalizer.includes("/") && !STANDARD_FINALIZERS.has(finalizer)) texts.push(`${of}: prefer a domain-qualified finalizer name ${path}to avoid accidental conflicts with other finalizer writers`);
    return texts;
  });
}

/** Managers may own fields in terms of another version: with the strategy None the fields are the same, and others are taken for the same. */
function mergingOf(apiVersion: string, schemaOf: SchemaOf): Merging {
  const types = new Map<string, MergeType>();
  const typeOf = (wanted: string): MergeType | undefined => {
    const schema = types.has(wanted) ? undefined : schemaOf(wanted);
    if (schema !== undefined) types.set(wanted, customMergeType(schema.props as StructuralSchema));
    return types.get(wanted);
  };
  const versions: Versions = { typeOf, convert: (value, _from, to) => (isMap(value) ? { ...value, apiVersion: to } : value) };
  return {
    get type() {
      return typeOf(apiVersion) ?? customMergeType(undefined);
    },
    versions,
  };
}
