import { duplicate, invalid, OMIT_VALUE, required } from "../../status/field-error.ts";
import type { Job } from "../../wire.ts";
import { STATUS } from "../apps/status-counts.ts";
import { type Errors, nonNegative } from "../common.ts";
import { equalJson } from "../equality.ts";
import { externalJson } from "../internal-json.ts";
import { validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { countIndexes, IndexesError, overlap } from "./index-intervals.ts";

type Status = NonNullable<Job["status"]>;

const CONDITIONS = STATUS.child("conditions");

const has = (job: Job, type: string): boolean => job.status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
const hasNot = (job: Job, type: string): boolean => job.status?.conditions?.some((condition) => condition.type === type && condition.status === "False") ?? false;
const isFinished = (job: Job) => has(job, "Complete") || has(job, "Failed");

/** Which parts of the status this write changes: a rule is only asked where one of its fields changed. */
interface Changes {
  readonly finished: boolean;
  readonly complete: boolean;
  readonly failed: boolean;
  readonly failureTarget: boolean;
  readonly criteriaMet: boolean;
  fields(...names: (keyof Status)[]): boolean;
}

function changesOf(job: Job, old: Job): Changes {
  const differs = (type: string) => has(job, type) !== has(old, type);
  return {
    finished: isFinished(job) !== isFinished(old),
    complete: differs("Complete"),
    failed: differs("Failed"),
    failureTarget: differs("FailureTarget"),
    criteriaMet: differs("SuccessCriteriaMet"),
    fields: (...names) => names.some((name) => !equalJson(job.status?.[name] ?? null, old.status?.[name] ?? null)),
  };
}

export function validateJobStatusUpdate(job: Job, old: Job): Errors {
  const errors: Errors = [];
  const status = job.status ?? {};
  const changes = changesOf(job, old);
  validateCoreObjectMetaUpdate(job.metadata, old.metadata, errors);
  for (const field of ["active", "succeeded", "failed", "ready", "terminating"] as const) nonNegative(status[field], STATUS, field, errors);
  validateUncounted(status, errors);
  validateConditions(job, status, changes, errors);
  validateFinished(job, status, changes, errors);
  validateIndexes(job, status, changes, errors);
  if ((changes.finished || changes.fields("terminating")) && (status.terminating ?? 0) > 0 && isFinished(job)) {
    errors.push(invalid(STATUS.child("terminating"), status.terminating, "terminating>0 is invalid for finished job"));
  }
  if (changes.fields("ready", "active") && status.ready !== undefined && status.ready > (status.active ?? 0)) {
    errors.push(invalid(STATUS.child("ready"), status.ready, "cannot set more ready pods than active"));
  }
  validateCriteria(job, errors);
  validateTransitions(job, old, changes, errors);
  return errors;
}

function condition(text: string, errors: Errors): void {
  errors.push(invalid(CONDITIONS, OMIT_VALUE, text));
}

function validateUncounted(status: Status, errors: Errors): void {
  const seen = new Set<string>();
  for (const list of ["succeeded", "failed"] as const) {
    status.uncountedTerminatedPods?.[list]?.forEach((uid, i) => {
      const path = STATUS.child("uncountedTerminatedPods", list).index(i);
      if (uid === "") errors.push(invalid(path, uid, "must not be empty"));
      else if (seen.has(uid)) errors.push(duplicate(path, uid));
      seen.add(uid);
    });
  }
}

function validateConditions(job: Job, status: Status, changes: Changes, errors: Errors): void {
  const complete = has(job, "Complete");
  const { completionTime, startTime } = status;
  if ((changes.complete || changes.failed) && complete && has(job, "Failed")) condition("cannot set Complete=True and Failed=true conditions", errors);
  if ((changes.complete || changes.failureTarget) && complete && has(job, "FailureTarget")) condition("cannot set Complete=True and FailureTarget=true conditions", errors);
  const path = STATUS.child("completionTime");
  if (changes.complete || changes.fields("completionTime")) {
    if (completionTime !== undefined && !complete) errors.push(invalid(path, completionTime, "cannot set completionTime when there is no Complete=True condition"));
    if (completionTime === undefined && complete) errors.push(required(path, "completionTime is required for Complete jobs"));
  }
  if (changes.fields("startTime", "completionTime") && startTime !== undefined && completionTime !== undefined && Date.parse(completionTime) < Date.parse(startTime)) {
    errors.push(invalid(path, completionTime, "must be equal to or after `startTime`"));
  }
  if ((changes.failed || changes.failureTarget) && has(job, "Failed") && !has(job, "FailureTarget")) condition("cannot set Failed=True condition without the FailureTarget=true condition", errors);
  if ((changes.complete || changes.criteriaMet) && complete && !has(job, "SuccessCriteriaMet")) condition("cannot set Complete=True condition without the SuccessCriteriaMet=true condition", errors);
}

function validateFinished(job: Job, status: Status, changes: Changes, errors: Errors): void {
  if (!isFinished(job)) return;
  if ((changes.finished || changes.fields("active")) && (status.active ?? 0) > 0) errors.push(invalid(STATUS.child("active"), status.active, "active>0 is invalid for finished job"));
  const neverStarted = job.spec?.suspend === true && job.spec.completions === 0;
  if ((changes.finished || changes.fields("startTime")) && !neverStarted && status.startTime === undefined) errors.push(required(STATUS.child("startTime"), "startTime is required for finished job"));
  const uncounted = status.uncountedTerminatedPods;
  if ((changes.finished || changes.fields("uncountedTerminatedPods")) && (uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0) > 0) {
    errors.push(invalid(STATUS.child("uncountedTerminatedPods"), externalJson("io.k8s.api.batch.v1.UncountedTerminatedPods", uncounted), "must be empty for finished job"));
  }
}

function validateIndexes(job: Job, status: Status, changes: Changes, errors: Errors): void {
  const { completions, backoffLimitPerIndex, completionMode } = job.spec ?? {};
  const completed = status.completedIndexes ?? "";
  const failed = status.failedIndexes;
  const [newCompleted, newFailed] = [changes.fields("completedIndexes"), changes.fields("failedIndexes")];
  if (newCompleted && completions !== undefined) validateIndexText("completedIndexes", completed, completions, errors);
  if (newFailed && completions !== undefined && backoffLimitPerIndex !== undefined && failed !== undefined) validateIndexText("failedIndexes", failed, completions, errors);
  if (newCompleted && completed !== "" && completionMode !== "Indexed") {
    errors.push(invalid(STATUS.child("completedIndexes"), completed, "cannot set non-empty completedIndexes when non-indexed completion mode"));
  }
  if (newFailed && backoffLimitPerIndex === undefined && failed !== undefined) {
    errors.push(invalid(STATUS.child("failedIndexes"), failed, "cannot set non-null failedIndexes when backoffLimitPerIndex is null"));
  }
  if ((newCompleted || newFailed) && completions !== undefined && failed !== undefined) {
    const shared = overlap(completed, failed, completions);
    if (shared !== undefined) errors.push(invalid(STATUS.child("failedIndexes"), failed, `failedIndexes and completedIndexes overlap at index: ${shared}`));
  }
}

function validateIndexText(field: string, text: string, completions: number, errors: Errors): void {
  try {
    countIndexes(text, completions);
  } catch (error) {
    if (!(error instanceof IndexesError)) throw error;
    errors.push(invalid(STATUS.child(field), text, `error parsing ${field}: ${error.message}`));
  }
}

function validateCriteria(job: Job, errors: Errors): void {
  const met = has(job, "SuccessCriteriaMet");
  if (met && has(job, "Failed")) condition("cannot set SuccessCriteriaMet=True and Failed=true conditions", errors);
  if (met && has(job, "FailureTarget")) condition("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions", errors);
  if (job.spec?.successPolicy && !met && has(job, "Complete")) condition("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True", errors);
}

/** What is once so stays so. */
function validateTransitions(job: Job, old: Job, changes: Changes, errors: Errors): void {
  const now = job.status ?? {};
  const before = old.status ?? {};
  for (const type of ["Failed", "Complete", "FailureTarget"]) if (has(old, type) && !has(job, type)) condition(`cannot disable the terminal ${type}=True condition`, errors);
  if ((now.failed ?? 0) < (before.failed ?? 0)) errors.push(invalid(STATUS.child("failed"), now.failed ?? 0, "cannot decrease the failed counter"));
  const canShrink = job.spec?.completionMode === "Indexed" && job.spec.completions === job.spec.parallelism;
  if (!canShrink && (now.succeeded ?? 0) < (before.succeeded ?? 0)) errors.push(invalid(STATUS.child("succeeded"), now.succeeded ?? 0, "cannot decrease the succeeded counter"));
  if (now.completionTime !== undefined && before.completionTime !== undefined && changes.fields("completionTime")) {
    errors.push(invalid(STATUS.child("completionTime"), now.completionTime, "field is immutable"));
  }
  const resumes = has(old, "Suspended") && hasNot(job, "Suspended");
  if (before.startTime !== undefined && changes.fields("startTime") && !resumes && job.spec?.suspend !== true) {
    errors.push(invalid(STATUS.child("startTime"), now.startTime ?? null, "field is immutable for unsuspended job once set"));
  }
  if (has(old, "SuccessCriteriaMet") && !has(job, "SuccessCriteriaMet")) condition("cannot disable the SuccessCriteriaMet=True condition", errors);
  if (has(old, "Complete") && !has(old, "SuccessCriteriaMet") && has(job, "SuccessCriteriaMet")) {
    condition("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions", errors);
  }
}
