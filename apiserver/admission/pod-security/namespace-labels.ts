import { type FieldError, invalid } from "../../../api/status/field-error.ts";
import { type Level, LEVELS, type NamespacePolicy, type Policy } from "./policy.ts";

const PREFIX = "pod-security.kubernetes.io/";
const MODES = ["enforce", "audit", "warn"] as const;
const VERSION = /^(?:latest|v1\.(?:0|[1-9]\d*))$/;

type Labels = Readonly<Record<string, string>> | undefined;

const NOT_SAID: Policy = { level: "privileged", version: "latest" };
const NOTHING_SAID: NamespacePolicy = { enforce: NOT_SAID, audit: NOT_SAID, warn: NOT_SAID };

/** The policy that the labels ask for; what they say nothing of is privileged, what they say wrongly is restricted. */
export function policyOfLabels(labels: Labels): NamespacePolicy {
  return saysSomething(labels) ? { enforce: policyOf(labels, "enforce"), audit: policyOf(labels, "audit"), warn: policyOf(labels, "warn") } : NOTHING_SAID;
}

function saysSomething(labels: Labels): boolean {
  for (const key in labels) if (key.startsWith(PREFIX)) return true;
  return false;
}

function policyOf(labels: Labels, mode: string): Policy {
  const level = labels?.[`${PREFIX}${mode}`];
  const version = labels?.[`${PREFIX}${mode}-version`] ?? "latest";
  return { level: level === undefined ? "privileged" : isLevel(level) ? level : "restricted", version: VERSION.test(version) ? version : "latest" };
}

function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}

/** What is wrong with the labels. */
export function labelErrors(labels: Labels): FieldError[] {
  const errors: FieldError[] = [];
  for (const mode of MODES) {
    const level = labels?.[`${PREFIX}${mode}`];
    const version = labels?.[`${PREFIX}${mode}-version`];
    if (level !== undefined && !isLevel(level)) errors.push(invalid(`metadata.labels[${PREFIX}${mode}]`, level, `must be one of ${LEVELS.join(", ")}`));
    if (version !== undefined && !VERSION.test(version)) errors.push(invalid(`metadata.labels[${PREFIX}${mode}-version]`, version, 'must be "latest" or "v1.x"'));
  }
  return errors;
}

/** The labels that PodSecurity reads, to see whether they changed. */
export function podSecurityLabels(labels: Labels): string {
  return JSON.stringify(Object.entries(labels ?? {}).filter(([key]) => key.startsWith(PREFIX)).sort());
}
