import { duplicate, forbidden, invalid, notSupported, required } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { FlowSchema } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { internalJson } from "../internal-json.ts";
import { dns1123Label, nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta } from "../object-meta.ts";
import { mandatoryFlowSchemas } from "./mandatory.ts";
import { validateNonResourceRule, validateResourceRule } from "./policy-rules.ts";

type Spec = NonNullable<FlowSchema["spec"]>;
type Rule = NonNullable<Spec["rules"]>[number];
type Subject = Rule["subjects"][number];

const SPEC = fieldPath("spec");
const FLOW = "io.k8s.api.flowcontrol.v1";
const MAX_PRECEDENCE = 10_000;
const ALL = "*";
const methods = ["ByNamespace", "ByUser"];
const subjectKinds = ["Group", "ServiceAccount", "User"];
/** Where the subject of a kind lies. */
const subjectFields = { ServiceAccount: "serviceAccount", User: "user", Group: "group" } as const;

/** Also of an update: nothing of a schema is fixed once it is there. */
export function validateFlowSchema(schema: FlowSchema): Errors {
  const errors: Errors = [];
  const { name = "" } = schema.metadata;
  const spec: Partial<Spec> = schema.spec ?? {};
  validateCoreObjectMeta(schema.metadata, false, nameIsDnsSubdomain, errors);
  validateSpec(name, spec, errors);
  const fixed = mandatoryFlowSchemas.get(name);
  if (fixed !== undefined && !semanticEqual(`${FLOW}.FlowSchemaSpec`, spec, fixed)) {
    errors.push(invalid(SPEC, internalJson(`${FLOW}.FlowSchemaSpec`, spec), `spec of '${name}' must equal the fixed value`));
  }
  validateFlowConditions(schema.status?.conditions, errors);
  return errors;
}

function validateSpec(name: string, spec: Partial<Spec>, errors: Errors): void {
  const precedence = spec.matchingPrecedence ?? 0;
  const path = SPEC.child("matchingPrecedence");
  if (precedence <= 0) errors.push(invalid(path, precedence, "must be a positive value"));
  if (precedence > MAX_PRECEDENCE) errors.push(invalid(path, precedence, `must not be greater than ${MAX_PRECEDENCE}`));
  if (precedence === 1 && name !== "exempt") errors.push(invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  const method = spec.distinguisherMethod;
  if (method && !methods.includes(method.type)) errors.push(notSupported(SPEC.child("distinguisherMethod", "type"), internalJson(`${FLOW}.FlowDistinguisherMethod`, method), methods));
  const level = spec.priorityLevelConfiguration?.name;
  const levelPath = SPEC.child("priorityLevelConfiguration", "name");
  if (level) invalidEach(nameIsDnsSubdomain(level, false), level, levelPath, errors);
  else errors.push(required(levelPath, "must reference a priority level"));
  spec.rules?.forEach((rule, i) => {
    validateRule(rule, SPEC.child("rules").index(i), errors);
  });
}

function validateRule(rule: Rule, path: FieldPath, errors: Errors): void {
  if (!rule.subjects?.length) errors.push(required(path.child("subjects"), "subjects must contain at least one value"));
  rule.subjects?.forEach((subject, i) => {
    validateSubject(subject, path.child("subjects").index(i), errors);
  });
  if (!rule.resourceRules?.length && !rule.nonResourceRules?.length) errors.push(required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  rule.resourceRules?.forEach((one, i) => {
    validateResourceRule(one, path.child("resourceRules").index(i), errors);
  });
  rule.nonResourceRules?.forEach((one, i) => {
    validateNonResourceRule(one, path.child("nonResourceRules").index(i), errors);
  });
}

function validateSubject(subject: Subject, path: FieldPath, errors: Errors): void {
  const { kind = "" } = subject;
  if (!Object.hasOwn(subjectFields, kind)) {
    errors.push(notSupported(path.child("kind"), kind, subjectKinds));
    return;
  }
  const own = subjectFields[kind as keyof typeof subjectFields];
  if (!subject[own]) errors.push(required(path.child(own), `${own} is required when subject kind is '${kind}'`));
  else if (subject.serviceAccount && own === "serviceAccount") validateServiceAccount(subject.serviceAccount, path.child(own), errors);
  else if (!subject[own].name) errors.push(required(path.child(own, "name")));
  const others = { ServiceAccount: ["User", "Group"], User: ["ServiceAccount", "Group"], Group: ["ServiceAccount", "User"] } as const;
  for (const other of others[kind as keyof typeof others]) {
    const field = subjectFields[other];
    if (subject[field]) errors.push(forbidden(path.child(field), `${field} is forbidden when subject kind is not '${other}'`));
  }
}

function validateServiceAccount({ name, namespace }: { name: string; namespace: string }, path: FieldPath, errors: Errors): void {
  if (!name) errors.push(required(path.child("name")));
  else if (name !== ALL) invalidEach(nameIsDnsSubdomain(name, false), name, path.child("name"), errors);
  if (namespace) invalidEach(dns1123Label(namespace), namespace, path.child("namespace"), errors);
  else errors.push(required(path.child("namespace"), "must specify namespace for service account"));
}

/** Conditions of schemas and levels: each type once. */
export function validateFlowConditions(conditions: readonly { type?: string }[] | undefined, errors: Errors): void {
  const types = new Set<string>();
  conditions?.forEach(({ type = "" }, i) => {
    const path = fieldPath("status", "conditions").index(i).child("type");
    if (types.has(type)) errors.push(duplicate(path, type));
    types.add(type);
    if (type === "") errors.push(required(path, "must not be empty"));
  });
}

export function validateFlowSchemaStatusUpdate(schema: FlowSchema): Errors {
  const errors: Errors = [];
  validateFlowConditions(schema.status?.conditions, errors);
  return errors;
}
