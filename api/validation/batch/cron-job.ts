import { invalid, notSupported, notSupportedInOrder, required } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { CronJob } from "../../wire.ts";
import { type Errors, nonNegative } from "../common.ts";
import { nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { selectorValue } from "../workload-selector.ts";
import { scheduleProblem } from "./cron-schedule.ts";
import { type JobSpec, validateJobBody } from "./job.ts";
import { isTimeZone } from "./time-zones.ts";

type Spec = NonNullable<CronJob["spec"]>;

const SPEC = fieldPath("spec");
/** A job's name has eleven characters more than its CronJob's, and is a label's value. */
const NAME_LIMIT = 52;

export function validateCronJob(cronJob: CronJob, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(cronJob.metadata, true, nameIsDnsSubdomain, errors);
  validateSpec(cronJob.spec ?? ({} as Spec), undefined, allowPrivileged, errors);
  const { name = "" } = cronJob.metadata;
  if (name.length > NAME_LIMIT) errors.push(invalid("metadata.name", name, `must be no more than ${NAME_LIMIT} characters`));
  return errors;
}

export function validateCronJobUpdate(cronJob: CronJob, old: CronJob, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(cronJob.metadata, old.metadata, errors);
  validateSpec(cronJob.spec ?? ({} as Spec), old.spec, allowPrivileged, errors);
  return errors;
}

function validateSpec(spec: Spec, old: Spec | undefined, allowPrivileged: boolean, errors: Errors): void {
  if (!spec.schedule) errors.push(required(SPEC.child("schedule")));
  else validateSchedule(spec, old?.schedule.includes("TZ") ?? false, errors);
  nonNegative(spec.startingDeadlineSeconds, SPEC, "startingDeadlineSeconds", errors);
  if (spec.timeZone !== undefined && spec.timeZone !== old?.timeZone) validateTimeZone(spec.timeZone, errors);
  const policies = ["Allow", "Forbid", "Replace"];
  if (!spec.concurrencyPolicy) errors.push(required(SPEC.child("concurrencyPolicy")));
  else if (!policies.includes(spec.concurrencyPolicy)) errors.push(notSupported(SPEC.child("concurrencyPolicy"), spec.concurrencyPolicy, policies));
  validateTemplate(spec.jobTemplate?.spec ?? ({} as JobSpec), allowPrivileged, errors);
  nonNegative(spec.successfulJobsHistoryLimit, SPEC, "successfulJobsHistoryLimit", errors);
  nonNegative(spec.failedJobsHistoryLimit, SPEC, "failedJobsHistoryLimit", errors);
}

function validateSchedule(spec: Spec, hadZone: boolean, errors: Errors): void {
  const path = SPEC.child("schedule");
  const { schedule } = spec;
  const problem = scheduleProblem(schedule, isTimeZone);
  if (problem !== undefined) errors.push(invalid(path, schedule, problem));
  if (!schedule.includes("TZ")) return;
  if (!hadZone) errors.push(invalid(path, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"));
  else if (spec.timeZone !== undefined) errors.push(invalid(path, schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule"));
}

const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/;

function validateTimeZone(zone: string, errors: Errors): void {
  const fail = (text: string) => errors.push(invalid(SPEC.child("timeZone"), zone, text));
  if (zone === "") {
    fail("timeZone must be nil or non-empty string");
    return;
  }
  if (zone.split("/").some((part) => part === "." || part === ".." || part.startsWith("-") || !ZONE_PART.test(part))) {
    fail(`unknown time zone ${zone}`);
    return;
  }
  if (zone.toLowerCase() === "local") fail("timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
  if (zone.includes("..")) fail("time: invalid location name");
  else if (zone !== "Local" && !isTimeZone(zone)) fail(`unknown time zone ${zone}`);
}

function validateTemplate(spec: JobSpec, allowPrivileged: boolean, errors: Errors): void {
  const path = SPEC.child("jobTemplate", "spec");
  validateJobBody(spec, allowPrivileged, path, errors);
  if (spec.selector) errors.push(invalid(path.child("selector"), selectorValue(spec.selector), "`selector` will be auto-generated"));
  if (spec.manualSelector) errors.push(notSupportedInOrder(path.child("manualSelector"), spec.manualSelector, ["nil", "false"]));
}
