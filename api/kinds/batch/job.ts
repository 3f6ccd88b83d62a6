import { defaultJob } from "../../defaults/batch.ts";
import { fieldPath } from "../../status/field-path.ts";
import { jobLabels, validateJob } from "../../validation/batch/job.ts";
import { validateJobStatusUpdate } from "../../validation/batch/job-status.ts";
import { validateJobUpdate } from "../../validation/batch/job-update.ts";
import type { Job } from "../../wire.ts";
import { ageColumn, column, containerColumns, durationText, nameColumn, selectorText } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { Strategy } from "../kind.ts";
import { statusOnly } from "../strategies.ts";
import { hasNewGeneration, nameWarnings, templated } from "../templated.ts";
import { jobSpecWarnings } from "./job-warnings.ts";

const prepare = templated<Job>("io.k8s.api.batch.v1.JobSpec", (job) => job.spec?.template);

/** Unless its client chose a selector, a job selects its pods by its own uid, which they get as a label. */
function generateSelector(job: Job): void {
  const { spec, metadata } = job;
  if (!spec || spec.manualSelector) return;
  const { uid = "", name = "" } = metadata;
  spec.template.metadata ??= {};
  const labels = (spec.template.metadata.labels ??= {});
  labels[jobLabels.legacyJobName] ??= name;
  labels[jobLabels.jobName] ??= name;
  labels[jobLabels.legacyControllerUid] ??= uid;
  labels[jobLabels.controllerUid] ??= uid;
  spec.selector ??= {};
  spec.selector.matchLabels = { [jobLabels.controllerUid]: uid, ...spec.selector.matchLabels };
}

const strategy: Strategy<Job> = {
  orphansDependents: {
    warning: "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
  },
  applyDefaults: defaultJob,
  prepareForCreate(job, context) {
    generateSelector(job);
    if (job.metadata.labels !== undefined && job.metadata.labels === job.spec?.template.metadata?.labels) job.metadata.labels = { ...job.metadata.labels };
    prepare.prepareForCreate(job, context);
  },
  prepareForUpdate: prepare.prepareForUpdate,
  validate: (job, context) => validateJob(job, context.allowPrivileged ?? false),
  canonicalize(job) {
    const labels = job.spec?.template.metadata?.labels;
    if (labels && Object.keys(job.metadata.labels ?? {}).length === 0) job.metadata.labels = { ...labels };
  },
  validateUpdate: (job, old, context) => validateJobUpdate(job, old, context.allowPrivileged ?? false),
  warnings: (job, old) => [...(old ? [] : nameWarnings(job.metadata)), ...(hasNewGeneration(job, old) ? jobSpecWarnings(job.spec, fieldPath("spec")) : [])],
};

export const job = defineKind<Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.batch.v1.Job",
  subresources: {
    status: statusSubresource("Job", { ...statusOnly<Job>(), validateUpdate: validateJobStatusUpdate }),
  },
  strategy,
  columns: [
    nameColumn,
    column("Status", "How far it has come.", statusText),
    column("Completions", "Pods that succeeded of those needed.", completionsText),
    column("Duration", "How long it ran, or has been running.", duration),
    ageColumn,
    ...containerColumns<Job>((job) => job.spec?.template.spec),
    column("Selector", "Which pods it owns.", (job) => selectorText(job.spec?.selector), { wide: true }),
  ],
  selectableFields: { "status.successful": (job) => String(job.status?.succeeded ?? 0) },
});

function statusText(job: Job): string {
  const has = (type: string) => job.status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (job.metadata.deletionTimestamp) return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(has) ?? "Running";
}

function completionsText(job: Job): string {
  const { completions, parallelism = 0 } = job.spec ?? {};
  const succeeded = job.status?.succeeded ?? 0;
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration(job: Job, now_ms: number): string {
  const { startTime, completionTime } = job.status ?? {};
  if (!startTime) return "";
  return durationText((completionTime ? Date.parse(completionTime) : now_ms) - Date.parse(startTime));
}
