import { invalid, notSupported, notSupportedInOrder, required, tooLong } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { Job } from "../../wire.ts";
import { type Errors, invalidEach, nonNegative } from "../common.ts";
import { internalJson } from "../internal-json.ts";
import { validateLabelSelector } from "../labels.ts";
import { byteLength, dns1123Label, dns1123Subdomain, nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta } from "../object-meta.ts";
import { templateMismatch, validatePodTemplateSpec } from "../pod/pod-template.ts";
import { selectorValue, usableSelector } from "../workload-selector.ts";
import { validatePodFailurePolicy, validateSuccessPolicy } from "./job-policies.ts";

export type JobSpec = NonNullable<Job["spec"]>;

export const JOB_SPEC = fieldPath("spec");
const METADATA = fieldPath("spec", "template", "metadata");
const MANAGER_LIMIT = 63;
/** Limits of a job whose pods have indexes, so that their list stays small. */
const MAX_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;
const MANY_COMPLETIONS = 100_000;
const MAX_PARALLELISM_OF_MANY = 10_000;
const MAX_FAILED_OF_MANY = 10_000;

/** Labels that tell a job's pods: the older ones have no prefix. */
export const jobLabels = { controllerUid: "batch.kubernetes.io/controller-uid", jobName: "batch.kubernetes.io/job-name", legacyControllerUid: "controller-uid", legacyJobName: "job-name" } as const;

/** `prefixed` is false for jobs that were made before the labels had prefixes. */
export function validateJob(job: Job, allowPrivileged: boolean, prefixed = true): Errors {
  const errors: Errors = [];
  const spec = job.spec ?? ({} as JobSpec);
  validateCoreObjectMeta(job.metadata, true, nameIsDnsSubdomain, errors);
  validateGeneratedSelector(job, spec, prefixed, errors);
  validateJobSpec(spec, allowPrivileged, errors);
  if (spec.completionMode === "Indexed" && (spec.completions ?? 0) > 0) {
    const longest = `${job.metadata.name ?? ""}-${(spec.completions ?? 0) - 1}`;
    if (dns1123Label(longest).length > 0) errors.push(invalid("metadata.name", job.metadata.name ?? "", `will not able to create pod with invalid DNS label: ${longest}`));
  }
  return errors;
}

/** Where the selector was made by the server, the template has the labels and the selector selects them. */
function validateGeneratedSelector(job: Job, spec: JobSpec, prefixed: boolean, errors: Errors): void {
  if (spec.manualSelector === true || !spec.selector) return;
  const { uid = "", name = "" } = job.metadata;
  if (uid === "") errors.push(required("metadata.uid"));
  const expected: Record<string, string> = { [jobLabels.legacyControllerUid]: uid, [jobLabels.legacyJobName]: name };
  if (prefixed) Object.assign(expected, { [jobLabels.controllerUid]: uid, [jobLabels.jobName]: name });
  const labels = spec.template?.metadata?.labels;
  for (const [key, value] of Object.entries(expected)) requireLabel(labels, key, value, errors);
  const matcher = usableSelector(spec.selector);
  if (matcher !== undefined && !matcher.matches(expected)) errors.push(invalid(JOB_SPEC.child("selector"), selectorValue(spec.selector), "`selector` not auto-generated"));
}

function requireLabel(labels: { [key: string]: string } | undefined, key: string, value: string, errors: Errors): void {
  const actual = labels?.[key];
  const path = METADATA.child("labels");
  if (actual === undefined) errors.push(required(path.key(key), `must be '${value}'`));
  else if (actual !== value) errors.push(invalid(path.key(key), sortedLabels(labels), `must be '${value}'`));
}

function sortedLabels(labels: { [key: string]: string } | undefined): unknown {
  return Object.fromEntries(Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A job's own spec: it has a selector, and its template's labels match. */
export function validateJobSpec(spec: JobSpec, allowPrivileged: boolean, errors: Errors): void {
  validateJobBody(spec, allowPrivileged, JOB_SPEC, errors);
  const path = JOB_SPEC.child("selector");
  if (!spec.selector) errors.push(required(path));
  else validateLabelSelector(spec.selector, path, errors);
  const matcher = usableSelector(spec.selector);
  if (matcher !== undefined && !matcher.matches(spec.template?.metadata?.labels)) errors.push(templateMismatch(spec.template ?? {}, JOB_SPEC.child("template")));
}

/** What a Job's spec and a CronJob's template have in common. */
export function validateJobBody(spec: JobSpec, allowPrivileged: boolean, path: FieldPath, errors: Errors): void {
  for (const field of ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex"] as const) {
    nonNegative(spec[field], path, field, errors);
  }
  if (spec.maxFailedIndexes !== undefined) {
    nonNegative(spec.maxFailedIndexes, path, "maxFailedIndexes", errors);
    if (spec.backoffLimitPerIndex === undefined) errors.push(required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified"));
  }
  if (spec.managedBy !== undefined) {
    validateDomainPrefixedPath(spec.managedBy, path.child("managedBy"), errors);
    if (byteLength(spec.managedBy) > MANAGER_LIMIT) errors.push(tooLong(path.child("managedBy"), MANAGER_LIMIT));
  }
  const mode = spec.completionMode;
  if (mode !== undefined && mode !== "NonIndexed" && mode !== "Indexed") errors.push(notSupportedInOrder(path.child("completionMode"), mode, ["NonIndexed", "Indexed"]));
  if (mode === "Indexed") validateIndexed(spec, path, errors);
  if (mode === undefined || mode === "NonIndexed") {
    for (const field of ["backoffLimitPerIndex", "maxFailedIndexes"] as const) {
      if (spec[field] !== undefined) errors.push(invalid(path.child(field), spec[field], "requires indexed completion mode"));
    }
  }
  if (spec.podFailurePolicy) validatePodFailurePolicy(spec, path.child("podFailurePolicy"), errors);
  if (spec.successPolicy) {
    const at = path.child("successPolicy");
    if (mode === "Indexed") validateSuccessPolicy(spec, at, errors);
    else errors.push(invalid(at, internalJson("io.k8s.api.batch.v1.SuccessPolicy", spec.successPolicy), "requires indexed completion mode"));
  }
  validateReplacement(spec, path, errors);
  validatePodTemplateSpec(spec.template ?? {}, allowPrivileged, path.child("template"), errors);
  validateRestart(spec, path.child("template", "spec", "restartPolicy"), errors);
}

function validateIndexed(spec: JobSpec, path: FieldPath, errors: Errors): void {
  const { completions, parallelism, maxFailedIndexes: failed } = spec;
  const above = (field: "parallelism" | "maxFailedIndexes", value: number | undefined, maximum: number, when = "") => {
    if (value !== undefined && value > maximum) errors.push(invalid(path.child(field), value, `must be less than or equal to ${maximum}${when}`));
  };
  if (completions === undefined) errors.push(required(path.child("completions"), "when completion mode is Indexed"));
  above("parallelism", parallelism, MAX_PARALLELISM, " when completion mode is Indexed");
  if (completions !== undefined && failed !== undefined && failed > completions) errors.push(invalid(path.child("maxFailedIndexes"), failed, "must be less than or equal to completions"));
  above("maxFailedIndexes", failed, MAX_FAILED_INDEXES);
  if (completions === undefined || completions <= MANY_COMPLETIONS || spec.backoffLimitPerIndex === undefined) return;
  if (failed === undefined) errors.push(required(path.child("maxFailedIndexes"), `must be specified when completions is above ${MANY_COMPLETIONS}`));
  const when = ` when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  above("parallelism", parallelism, MAX_PARALLELISM_OF_MANY, when);
  above("maxFailedIndexes", failed, MAX_FAILED_OF_MANY, when);
}

function validateReplacement(spec: JobSpec, path: FieldPath, errors: Errors): void {
  const policy = spec.podReplacementPolicy;
  if (policy === undefined) return;
  const known = spec.podFailurePolicy ? ["Failed"] : ["Failed", "TerminatingOrFailed"];
  if (!known.includes(policy)) errors.push(notSupported(path.child("podReplacementPolicy"), policy, known));
}

function validateRestart(spec: JobSpec, path: FieldPath, errors: Errors): void {
  const policy = spec.template?.spec?.restartPolicy ?? "";
  const known = ["OnFailure", "Never"];
  if (policy === "" || policy === "Always") errors.push(required(path, 'valid values: "OnFailure", "Never"'));
  else if (!known.includes(policy)) errors.push(notSupportedInOrder(path, policy, known));
  else if (spec.podFailurePolicy && policy !== "Never") errors.push(invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified'));
}

/** `example.com/controller`. */
export function validateDomainPrefixedPath(value: string, path: FieldPath, errors: Errors): void {
  if (value === "") {
    errors.push(required(path));
    return;
  }
  const slash = value.indexOf("/");
  if (slash <= 0 || slash === value.length - 1) {
    errors.push(invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    return;
  }
  const host = value.slice(0, slash);
  invalidEach(dns1123Subdomain(host), host, path, errors);
  const rest = value.slice(slash + 1);
  if (!isUrlPath(rest)) errors.push(invalid(path, rest, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"));
}

function isUrlPath(text: string): boolean {
  return /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(text);
}
