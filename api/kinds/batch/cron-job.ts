import { defaultCronJob } from "../../defaults/batch.ts";
import { fieldPath } from "../../status/field-path.ts";
import { validateCronJob, validateCronJobUpdate } from "../../validation/batch/cron-job.ts";
import type { CronJob } from "../../wire.ts";
import { ageColumn, ageText, column, containerColumns, NONE, nameColumn, selectorText, UNSET } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { Strategy } from "../kind.ts";
import { statusOnly } from "../strategies.ts";
import { hasNewGeneration, nameWarnings, templated } from "../templated.ts";
import { jobSpecWarnings } from "./job-warnings.ts";

const CRON_JOB_PAGE = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/";
const JOB_SPEC = fieldPath("spec", "jobTemplate", "spec");

const strategy: Strategy<CronJob> = {
  applyDefaults: defaultCronJob,
  ...templated<CronJob>("io.k8s.api.batch.v1.CronJobSpec", (cronJob) => cronJob.spec?.jobTemplate.spec?.template),
  validate: (cronJob, context) => validateCronJob(cronJob, context.allowPrivileged ?? false),
  validateUpdate: (cronJob, old, context) => validateCronJobUpdate(cronJob, old, context.allowPrivileged ?? false),
  warnings(cronJob, old) {
    const warnings = [...(old ? [] : nameWarnings(cronJob.metadata)), ...(hasNewGeneration(cronJob, old) ? jobSpecWarnings(cronJob.spec?.jobTemplate.spec, JOB_SPEC) : [])];
    if (old && cronJob.spec?.schedule.includes("TZ")) warnings.push(`cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see ${CRON_JOB_PAGE} for more details`);
    return warnings;
  },
};

export const cronJob = defineKind<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  shortNames: ["cj"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.batch.v1.CronJob",
  subresources: {
    status: statusSubresource("CronJob", statusOnly<CronJob>()),
  },
  strategy,
  columns: [
    nameColumn,
    column("Schedule", "When jobs are made.", (cronJob) => cronJob.spec?.schedule ?? ""),
    column("Timezone", "Time zone of the schedule.", (cronJob) => cronJob.spec?.timeZone ?? NONE),
    column("Suspend", "No jobs are made for now.", suspendText, { type: "boolean" }),
    column("Active", "Jobs that are running.", (cronJob) => cronJob.status?.active?.length ?? 0, { type: "integer" }),
    column("Last Schedule", "How long ago the last job was made.", (cronJob, now_ms) => (cronJob.status?.lastScheduleTime ? ageText(cronJob.status.lastScheduleTime, now_ms) : NONE)),
    ageColumn,
    ...containerColumns<CronJob>((cronJob) => cronJob.spec?.jobTemplate.spec?.template.spec),
    column("Selector", "Which pods its jobs own.", (cronJob) => selectorText(cronJob.spec?.jobTemplate.spec?.selector), { wide: true }),
  ],
});

function suspendText(cronJob: CronJob): string {
  const suspend = cronJob.spec?.suspend;
  return suspend === undefined ? UNSET : suspend ? "True" : "False";
}
