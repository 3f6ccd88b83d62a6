import type { Pod } from "../../../api/wire.ts";
import * as baseline from "./baseline.ts";
import * as restricted from "./restricted.ts";
import type { Violation } from "./words.ts";

export const LEVELS = ["privileged", "baseline", "restricted"] as const;
export type Level = (typeof LEVELS)[number];

/** A level and the version of the standards, as a label says it: `restricted:latest`. */
export interface Policy {
  readonly level: Level;
  readonly version: string;
}

/** What a namespace's labels ask for. */
export interface NamespacePolicy {
  readonly enforce: Policy;
  readonly audit: Policy;
  readonly warn: Policy;
}

type Check = (pod: Pod & { spec: NonNullable<Pod["spec"]> }) => Violation | undefined;
const ofSpec = (check: (spec: NonNullable<Pod["spec"]>) => Violation | undefined): Check => (pod) => check(pod.spec);

/** In order of the checks' names in Kubernetes; the strict ones of Restricted replace their counterparts in Baseline. */
const BASELINE: readonly Check[] = [
  baseline.appArmor,
  ofSpec(baseline.capabilities),
  ofSpec(baseline.hostNamespaces),
  ofSpec(baseline.hostPathVolumes),
  ofSpec(baseline.hostPorts),
  ofSpec(baseline.hostsOfProbes),
  ofSpec(baseline.privileged),
  ofSpec(baseline.procMount),
  ofSpec(baseline.seLinux),
  ofSpec(baseline.seccomp),
  ofSpec(baseline.sysctls),
  ofSpec(baseline.windowsHostProcess),
];
const RESTRICTED: readonly Check[] = [
  baseline.appArmor,
  ofSpec(baseline.hostNamespaces),
  ofSpec(baseline.hostPorts),
  ofSpec(baseline.hostsOfProbes),
  ofSpec(baseline.privileged),
  ofSpec(baseline.procMount),
  ofSpec(baseline.seLinux),
  ofSpec(baseline.sysctls),
  ofSpec(baseline.windowsHostProcess),
  ofSpec(restricted.allowPrivilegeEscalation),
  ofSpec(restricted.capabilities),
  ofSpec(restricted.volumeTypes),
  ofSpec(restricted.runAsNonRoot),
  ofSpec(restricted.runAsUser),
  ofSpec(restricted.seccompRequired),
];
const CHECKS: Readonly<Record<Level, readonly Check[]>> = { privileged: [], baseline: BASELINE, restricted: RESTRICTED };

/** All that the pod breaks of the level; of every version the newest rules are asked. */
export function violations(level: Level, pod: Pick<Pod, "metadata" | "spec">): Violation[] {
  const { spec } = pod;
  if (spec === undefined || level === "privileged") return [];
  return CHECKS[level].map((check) => check({ ...(pod as Pod), spec })).filter((found) => found !== undefined);
}

/** `reason (detail), …`. */
export function violationText(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => (detail === "" ? reason : `${reason} (${detail})`)).join(", ");
}

export function policyText({ level, version }: Policy): string {
  return `${level}:${version}`;
}
