import { invalid, notSupportedInOrder, required } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { CustomResourceDefinition } from "../../wire.ts";
import { type Errors, immutable, invalidEach } from "../common.ts";
import { byteLength, dns1035Label, dns1123Subdomain, type NameRule, nameIsDnsSubdomain } from "../names.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../object-meta.ts";
import { validateApproval } from "./approval.ts";
import { validatePrinterColumn, validateSubresources } from "./columns.ts";
import { caBundleFault, validateConversion } from "./conversion.ts";
import { type DefinitionVersion, internalSpec, type VersionParts } from "./internal-spec.ts";
import { internalVersionsText } from "./internal-text.ts";
import { validateDefinitionNames } from "./names.ts";
import { hasDefaults, type SchemaContext, validateSchema } from "./schema.ts";
import { validateSelectableFields } from "./selectable-fields.ts";

const SPEC = fieldPath("spec");
const STATUS = fieldPath("status");
const MAX_WARNING_BYTES = 256;

/** Every rule of a new CustomResourceDefinition, in Kubernetes' order. */
export function validateCustomResourceDefinition(definition: CustomResourceDefinition): Errors {
  const errors: Errors = [];
  validateObjectMeta(definition.metadata, false, nameRule(definition), errors);
  validateSpec(definition, undefined, errors);
  validateDefinitionNames(definition.status?.acceptedNames, STATUS.child("acceptedNames"), errors);
  validateStoredVersions(definition, errors);
  validateApproval(definition, undefined, errors);
  validatePreserving(definition, undefined, errors);
  return errors;
}

/** Every rule of an update: a schema that stays as it was is not looked at again. */
export function validateCustomResourceDefinitionUpdate(definition: CustomResourceDefinition, old: CustomResourceDefinition): Errors {
  const errors: Errors = [];
  validateObjectMetaUpdate(definition.metadata, old.metadata, errors);
  validateSpec(definition, old, errors);
  if (isEstablished(old)) {
    immutable(definition.spec?.scope === old.spec?.scope, definition.spec?.scope ?? "", SPEC.child("scope"), errors);
    immutable(definition.spec?.names?.kind === old.spec?.names?.kind, definition.spec?.names?.kind ?? "", SPEC.child("names", "kind"), errors);
  }
  immutable(definition.spec?.group === old.spec?.group, definition.spec?.group ?? "", SPEC.child("group"), errors);
  immutable(definition.spec?.names?.plural === old.spec?.names?.plural, definition.spec?.names?.plural ?? "", SPEC.child("names", "plural"), errors);
  validateDefinitionNames(definition.status?.acceptedNames, STATUS.child("acceptedNames"), errors);
  validateStoredVersions(definition, errors);
  validateApproval(definition, old, errors);
  validatePreserving(definition, old, errors);
  return errors;
}

/** What a write to /status must keep to. */
export function validateCustomResourceDefinitionStatusUpdate(definition: CustomResourceDefinition, old: CustomResourceDefinition): Errors {
  const errors: Errors = [];
  validateObjectMetaUpdate(definition.metadata, old.metadata, errors);
  validateDefinitionNames(definition.status?.acceptedNames, STATUS.child("acceptedNames"), errors);
  return errors;
}

/** Whether a condition of the definition is True. */
export function isConditionTrue(definition: CustomResourceDefinition, type: string): boolean {
  return definition.status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
}

function isEstablished(definition: CustomResourceDefinition): boolean {
  return isConditionTrue(definition, "Established");
}

/** `PLURAL.GROUP`. */
function nameRule(definition: CustomResourceDefinition): NameRule {
  const wanted = `${definition.spec?.names?.plural ?? ""}.${definition.spec?.group ?? ""}`;
  return (name, prefix) => [...nameIsDnsSubdomain(name, prefix), ...(name === wanted ? [] : ['must be spec.names.plural+"."+spec.group'])];
}

function validateSpec(definition: CustomResourceDefinition, old: CustomResourceDefinition | undefined, errors: Errors): void {
  const { spec } = definition;
  validateGroup(spec?.group ?? "", errors);
  if (!spec?.scope) errors.push(required(SPEC.child("scope")));
  else if (spec.scope !== "Cluster" && spec.scope !== "Namespaced") errors.push(notSupportedInOrder(SPEC.child("scope"), spec.scope, ["Cluster", "Namespaced"]));
  const internal = internalSpec(definition);
  const { top, versions } = internal;
  if (top.schema?.openAPIV3Schema === undefined) {
    versions.forEach((version, i) => {
      if (version.schema?.openAPIV3Schema === undefined) errors.push(required(SPEC.child("versions").index(i).child("schema", "openAPIV3Schema")));
    });
  }
  const preserving = spec?.preserveUnknownFields === true;
  if (preserving && [top, ...versions].some((parts) => hasDefaults(parts.schema?.openAPIV3Schema))) errors.push(invalid(SPEC.child("preserveUnknownFields"), true, "must be false in order to use defaults in the schema"));
  const before = old === undefined ? undefined : internalSpec(old);
  validateVersions(spec?.versions, top, versions, before?.versions, errors);
  for (const field of ["plural", "singular", "kind", "listKind"] as const) if (!spec?.names?.[field]) errors.push(required(SPEC.child("names", field)));
  validateDefinitionNames(spec?.names, SPEC.child("names"), errors);
  validateTop(top, versions, before?.top, errors);
  if (preserving && spec?.conversion !== undefined && spec.conversion.strategy !== "None") errors.push(invalid(SPEC.child("conversion", "strategy"), spec.conversion.strategy, "must be None if spec.preserveUnknownFields is true"));
  validateConversion(spec?.conversion, mayHaveAnyCaBundle(old), SPEC.child("conversion"), errors);
}

function validateGroup(group: string, errors: Errors): void {
  const path = SPEC.child("group");
  if (group === "") {
    errors.push(required(path));
    return;
  }
  const messages = dns1123Subdomain(group);
  if (messages.length > 0) errors.push(invalid(path, group, messages.join(",")));
  else if (!group.includes(".")) errors.push(invalid(path, group, "should be a domain with at least one dot"));
}

function validateVersions(given: unknown, top: VersionParts, versions: readonly DefinitionVersion[], before: readonly DefinitionVersion[] | undefined, errors: Errors): void {
  const path = SPEC.child("versions");
  const names = new Set<string>();
  versions.forEach((version, i) => {
    const name = version.name ?? "";
    names.add(name);
    const messages = dns1035Label(name);
    if (messages.length > 0) errors.push(invalid(path.index(i).child("name"), name, messages.join(",")));
    const context = { status: (top.subresources ?? version.subresources)?.status !== undefined, before: before?.find((other) => other.name === name)?.schema?.openAPIV3Schema };
    validateDeprecation(version, path.index(i).child("deprecationWarning"), errors);
    validateParts(version, context, path.index(i), path.index(i).child("schema"), errors);
  });
  if (names.size < versions.length) errors.push(invalid(path, internalVersionsText(given === undefined ? undefined : versions), "must contain unique version names"));
  if (versions.filter((version) => version.storage).length !== 1) errors.push(invalid(path, internalVersionsText(given === undefined ? undefined : versions), "must have exactly one version marked as storage version"));
  // The internal form names the first version once more.
  const [first] = versions;
  const faults = first?.name ? dns1035Label(first.name) : [];
  if (faults.length > 0) errors.push(invalid(SPEC.child("version"), first?.name, faults.join(",")));
}

function validateTop(top: VersionParts, versions: readonly DefinitionVersion[], before: VersionParts | undefined, errors: Errors): void {
  const status = [top, ...versions].some((parts) => parts.subresources?.status !== undefined);
  validateParts(top, { status, before: before?.schema?.openAPIV3Schema }, SPEC, SPEC.child("validation"), errors);
}

/** What a version may have of its own and all versions together. */
function validateParts(parts: VersionParts, context: SchemaContext, path: FieldPath, schemaPath: FieldPath, errors: Errors): void {
  const schema = parts.schema?.openAPIV3Schema;
  if (schema !== undefined) validateSchema(schema, context, schemaPath, errors);
  validateSubresources(parts.subresources, path.child("subresources"), errors);
  for (const [i, column] of (parts.additionalPrinterColumns ?? []).entries()) validatePrinterColumn(column, path.child("additionalPrinterColumns").index(i), errors);
  if (!parts.selectableFields?.length) return;
  if (schema === undefined) errors.push(invalid(path.child("selectableFields"), "", path === SPEC ? "may only be set when validations.schema is included" : "may only be set when `version.schema.openAPIV3Schema` is not included"));
  else validateSelectableFields(parts.selectableFields, schema, path.child("selectableFields"), errors);
}

const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

function validateDeprecation(version: DefinitionVersion, path: FieldPath, errors: Errors): void {
  const text = version.deprecationWarning;
  if (text === undefined) return;
  const messages: string[] = [];
  if (!version.deprecated) messages.push("can only be set for deprecated versions");
  else {
    if (byteLength(text) > MAX_WARNING_BYTES) messages.push(`must be <= ${MAX_WARNING_BYTES} characters long`);
    if (text === "") messages.push("must not be an empty string");
    const odd = unprintable.exec(text);
    if (odd !== null) messages.push(`must only contain printable UTF-8 characters; non-printable character found at index ${byteLength(text.slice(0, odd.index))}`);
  }
  invalidEach(messages, text, path, errors);
}

function validateStoredVersions(definition: CustomResourceDefinition, errors: Errors): void {
  const path = STATUS.child("storedVersions");
  const stored = definition.status?.storedVersions ?? [];
  if (stored.length === 0) {
    errors.push(invalid(path, null, "must have at least one stored version"));
    return;
  }
  const missing = new Set(stored);
  for (const { name = "", storage } of definition.spec?.versions ?? []) {
    // A version is looked for once: of two alike the second is not found again.
    if (!missing.delete(name) && storage) errors.push(invalid(path, stored, `must have the storage version ${name}`));
  }
  for (const version of missing) {
    const detail = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    errors.push(invalid(path.index(stored.lastIndexOf(version)), version, detail));
  }
}

function validatePreserving(definition: CustomResourceDefinition, old: CustomResourceDefinition | undefined, errors: Errors): void {
  if (old?.spec?.preserveUnknownFields === true || definition.spec?.preserveUnknownFields !== true) return;
  errors.push(invalid(SPEC.child("preserveUnknownFields"), true, "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"));
}

/** Until it is established, and where it already has one that is none, a definition may have a caBundle that is none. */
function mayHaveAnyCaBundle(old: CustomResourceDefinition | undefined): boolean {
  if (old === undefined || !isEstablished(old)) return true;
  const bundle = old.spec?.conversion?.webhook?.clientConfig?.caBundle;
  return bundle !== undefined && bundle !== "" && caBundleFault(bundle) !== undefined;
}

