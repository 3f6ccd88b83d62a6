import { invalid, notSupportedInOrder, required } from "../status/field-error.ts";
import { fieldPath } from "../status/field-path.ts";
import type { APIService } from "../wire.ts";
import { type Errors, invalidEach } from "./common.ts";
import { dns1035Label, dns1123Subdomain, type NameRule, pathSegmentName, portNumber } from "./names.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";

type Spec = NonNullable<APIService["spec"]>;

const SPEC = fieldPath("spec");
const SERVICE = SPEC.child("service");
const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1000;
const statuses = ["True", "False", "Unknown"];

export function validateApiService(service: APIService): Errors {
  const errors: Errors = [];
  const { group = "", version = "", ...spec } = service.spec ?? ({} as Partial<Spec>);
  validateObjectMeta(service.metadata, false, nameRule(`${version}.${group}`), errors);
  if (group === "" && version !== "v1") errors.push(required(SPEC.child("group"), "only v1 may have an empty group and it better be legacy kube"));
  if (group !== "") invalidEach(dns1123Subdomain(group), group, SPEC.child("group"), errors);
  invalidEach(dns1035Label(version), version, SPEC.child("version"), errors);
  const { groupPriorityMinimum = 0, versionPriority = 0 } = spec;
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > MAX_GROUP_PRIORITY) {
    errors.push(invalid(SPEC.child("groupPriorityMinimum"), groupPriorityMinimum, `must be positive and less than ${MAX_GROUP_PRIORITY}`));
  }
  if (versionPriority <= 0 || versionPriority > MAX_VERSION_PRIORITY) {
    errors.push(invalid(SPEC.child("versionPriority"), versionPriority, `must be positive and less than ${MAX_VERSION_PRIORITY}`));
  }
  if (spec.service) validateRemote(spec.service, spec, errors);
  else validateLocal(spec, errors);
  return errors;
}

/** The name says what is served. */
function nameRule(expected: string): NameRule {
  return (name) => {
    const messages = pathSegmentName(name);
    if (messages.length > 0) return messages;
    return name === expected ? [] : [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`];
  };
}

function validateLocal(spec: Partial<Spec>, errors: Errors): void {
  if (spec.caBundle) errors.push(invalid(SPEC.child("caBundle"), `${Buffer.from(spec.caBundle, "base64").length} bytes`, "local APIServices may not have a caBundle"));
  if (spec.insecureSkipTLSVerify) errors.push(invalid(SPEC.child("insecureSkipTLSVerify"), true, "local APIServices may not have insecureSkipTLSVerify"));
}

function validateRemote(service: NonNullable<Spec["service"]>, spec: Partial<Spec>, errors: Errors): void {
  if (!service.namespace) errors.push(required(SERVICE.child("namespace")));
  if (!service.name) errors.push(required(SERVICE.child("name")));
  for (const message of portNumber(service.port ?? 0)) errors.push(invalid(SERVICE.child("port"), service.port ?? 0, `port is not valid: ${message}`));
  if (spec.insecureSkipTLSVerify && spec.caBundle) errors.push(invalid(SPEC.child("insecureSkipTLSVerify"), true, "may not be true if caBundle is present"));
}

export function validateApiServiceUpdate(service: APIService, old: APIService): Errors {
  const errors: Errors = [];
  validateObjectMetaUpdate(service.metadata, old.metadata, errors);
  errors.push(...validateApiService(service));
  return errors;
}

export function validateApiServiceStatusUpdate(service: APIService, old: APIService): Errors {
  const errors: Errors = [];
  validateObjectMetaUpdate(service.metadata, old.metadata, errors);
  service.status?.conditions?.forEach(({ status = "" }, i) => {
    if (!statuses.includes(status)) errors.push(notSupportedInOrder(fieldPath("status", "conditions").index(i).child("status"), status, statuses));
  });
  return errors;
}
