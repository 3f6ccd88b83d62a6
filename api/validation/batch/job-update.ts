import { invalid } from "../../status/field-error.ts";
import type { Container, Job, PodSpec, PodTemplateSpec } from "../../wire.ts";
import { type Errors, immutable } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { internalJson } from "../internal-json.ts";
import { validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { selectorValue } from "../workload-selector.ts";
import { JOB_SPEC, type JobSpec, jobLabels, validateJob, validateJobSpec } from "./job.ts";

const TEMPLATE = "io.k8s.api.core.v1.PodTemplateSpec";
const POD_SPEC = "io.k8s.api.core.v1.PodSpec";
const LABEL_SELECTOR = "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector";

/** A changed job, all its rules, and then what may not change. Kubernetes reports the rules of the spec twice. */
export function validateJobUpdate(job: Job, old: Job, allowPrivileged: boolean): Errors {
  const spec = job.spec ?? ({} as JobSpec);
  const before = old.spec ?? ({} as JobSpec);
  const labels = before.template?.metadata?.labels ?? {};
  const errors = validateJob(job, allowPrivileged, jobLabels.jobName in labels && jobLabels.controllerUid in labels);
  validateCoreObjectMetaUpdate(job.metadata, old.metadata, errors);
  validateJobSpec(spec, allowPrivileged, errors);
  validateCompletions(spec, before, errors);
  immutable(sameObject(LABEL_SELECTOR, spec.selector, before.selector), selectorValue(spec.selector), JOB_SPEC.child("selector"), errors);
  validateTemplateUpdate(spec, old, before, errors);
  immutable(spec.completionMode === before.completionMode, spec.completionMode, JOB_SPEC.child("completionMode"), errors);
  samePolicy("podFailurePolicy", "io.k8s.api.batch.v1.PodFailurePolicy", spec, before, errors);
  immutable(spec.backoffLimitPerIndex === before.backoffLimitPerIndex, spec.backoffLimitPerIndex, JOB_SPEC.child("backoffLimitPerIndex"), errors);
  immutable(spec.managedBy === before.managedBy, spec.managedBy, JOB_SPEC.child("managedBy"), errors);
  samePolicy("successPolicy", "io.k8s.api.batch.v1.SuccessPolicy", spec, before, errors);
  return errors;
}

function sameObject(definition: string, a: object | undefined, b: object | undefined): boolean {
  return (a === undefined) === (b === undefined) && semanticEqual(definition, a, b);
}

function samePolicy(field: "podFailurePolicy" | "successPolicy", definition: string, spec: JobSpec, old: JobSpec, errors: Errors): void {
  const value = spec[field];
  if (sameObject(definition, value, old[field])) return;
  immutable(false, value === undefined ? null : internalJson(definition, value), JOB_SPEC.child(field), errors);
}

/** KEP-3715: an indexed job grows and shrinks, completions and parallelism together. */
function validateCompletions(spec: JobSpec, old: JobSpec, errors: Errors): void {
  const path = JOB_SPEC.child("completions");
  const { completions } = spec;
  if (completions === old.completions) return;
  if (spec.completionMode !== "Indexed") immutable(false, completions, path, errors);
  else if (completions !== undefined && completions !== spec.parallelism) errors.push(invalid(path, completions, "can only be modified in tandem with spec.parallelism"));
}

/** The template stays; of a suspended job it may be said anew where its pods run, and with which resources. */
function validateTemplateUpdate(spec: JobSpec, oldJob: Job, old: JobSpec, errors: Errors): void {
  const template = spec.template ?? {};
  let before: PodTemplateSpec = old.template ?? {};
  if (isPlacementOpen(oldJob)) before = withPlacement(before, template);
  if (areResourcesOpen(oldJob)) {
    before = withResources(before, template);
    if (!semanticEqual(POD_SPEC, template.spec, before.spec)) immutable(false, internalJson(POD_SPEC, template.spec), JOB_SPEC.child("template", "spec"), errors);
    return;
  }
  if (!semanticEqual(TEMPLATE, template, before)) immutable(false, internalJson(TEMPLATE, template), JOB_SPEC.child("template"), errors);
}

function isSuspendedCondition(job: Job): boolean {
  return job.status?.conditions?.some((condition) => condition.type === "Suspended" && condition.status === "True") ?? false;
}

/** KEP-2926: a suspended job that never started, or whose pods are gone. */
function isPlacementOpen(job: Job): boolean {
  if (job.spec?.suspend !== true) return false;
  return job.status?.startTime === undefined || (isSuspendedCondition(job) && !job.status.active);
}

/** KEP-5440. */
function areResourcesOpen(job: Job): boolean {
  return job.spec?.suspend === true && (isSuspendedCondition(job) || job.status?.startTime === undefined) && !job.status?.active;
}

/** `old` with the template's affinity to nodes, node selector, tolerations, gates, labels and annotations. */
function withPlacement(old: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const spec = { ...(old.spec ?? { containers: [] }) };
  const wanted = template.spec ?? { containers: [] };
  const affinity = { ...spec.affinity, ...(wanted.affinity?.nodeAffinity ? { nodeAffinity: wanted.affinity.nodeAffinity } : {}) };
  if (!wanted.affinity?.nodeAffinity) delete affinity.nodeAffinity;
  if (wanted.affinity || Object.keys(affinity).length > 0) spec.affinity = affinity;
  else delete spec.affinity;
  const open = { nodeSelector: wanted.nodeSelector, tolerations: wanted.tolerations, schedulingGates: wanted.schedulingGates };
  return { ...old, metadata: { ...old.metadata, labels: template.metadata?.labels ?? {}, annotations: template.metadata?.annotations ?? {} }, spec: { ...spec, ...open } as PodSpec };
}

function withResources(old: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const spec = { ...(old.spec ?? { containers: [] }) };
  for (const list of ["containers", "initContainers"] as const) {
    const wanted = template.spec?.[list];
    if (spec[list]) spec[list] = spec[list].map((container, i) => ({ ...container, resources: wanted?.[i]?.resources }) as Container);
  }
  return { ...old, spec };
}
