import type { FieldPath } from "../../status/field-path.ts";
import { templateWarnings } from "../../validation/pod/warnings.ts";
import type { Job } from "../../wire.ts";

const MANY_COMPLETIONS = 100_000;
const MANY_PODS = 10_000;

/** What a client should know of a job's spec, its own or a CronJob's. */
export function jobSpecWarnings(spec: Job["spec"], path: FieldPath): string[] {
  const warnings: string[] = [];
  if (spec?.completionMode === "Indexed" && (spec.completions ?? 0) > MANY_COMPLETIONS && (spec.parallelism ?? 0) > MANY_PODS) {
    warnings.push(`${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`);
  }
  return [...warnings, ...templateWarnings(spec?.template, path.child("template"))];
}
