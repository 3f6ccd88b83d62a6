import type { Namespace } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";

export type NamespaceStatus = NonNullable<Namespace["status"]>;
type NamespaceCondition = NonNullable<NamespaceStatus["conditions"]>[number];

/** What one round of deletion found. */
export interface DeletionReport {
  readonly discoveryErrors: readonly string[];
  readonly deletionErrors: readonly string[];
  /** `pods.` or `deployments.apps` → objects that are still there. */
  readonly remaining: ReadonlyMap<string, number>;
  /** Finalizer → objects that wait for it. */
  readonly finalizers: ReadonlyMap<string, number>;
}

interface Finding {
  readonly type: string;
  readonly good: { readonly reason: string; readonly message: string };
  readonly bad: (report: DeletionReport) => { readonly reason: string; readonly message: string } | undefined;
}

const FINDINGS: readonly Finding[] = [
  {
    type: "NamespaceDeletionDiscoveryFailure",
    good: { reason: "ResourcesDiscovered", message: "All resources successfully discovered" },
    bad: ({ discoveryErrors }) =>
      discoveryErrors.length === 0 ? undefined : { reason: "DiscoveryFailed", message: `Discovery failed for some groups, ${discoveryErrors.length} failing: ${discoveryErrors.join(", ")}` },
  },
  {
    type: "NamespaceDeletionGroupVersionParsingFailure",
    good: { reason: "ParsedGroupVersions", message: "All legacy kube types successfully parsed" },
    bad: () => undefined,
  },
  {
    type: "NamespaceDeletionContentFailure",
    good: { reason: "ContentDeleted", message: "All content successfully deleted, may be waiting on finalization" },
    bad: ({ deletionErrors }) =>
      deletionErrors.length === 0 ? undefined : { reason: "ContentDeletionFailed", message: `Failed to delete all resource types, ${deletionErrors.length} remaining: ${deletionErrors.join(", ")}` },
  },
  {
    type: "NamespaceContentRemaining",
    good: { reason: "ContentRemoved", message: "All content successfully removed" },
    bad: ({ remaining }) => (remaining.size === 0 ? undefined : { reason: "SomeResourcesRemain", message: `Some resources are remaining: ${counted(remaining, (name, count) => `${name} has ${count} resource instances`)}` }),
  },
  {
    type: "NamespaceFinalizersRemaining",
    good: { reason: "ContentHasNoFinalizers", message: "All content-preserving finalizers finished" },
    bad: ({ finalizers }) =>
      finalizers.size === 0 ? undefined : { reason: "SomeFinalizersRemain", message: `Some content in the namespace has finalizers remaining: ${counted(finalizers, (name, count) => `${name} in ${count} resource instances`)}` },
  },
];

function counted(counts: ReadonlyMap<string, number>, text: (name: string, count: number) => string): string {
  return [...counts].map(([name, count]) => text(name, count)).sort().join(", ");
}

/** The conditions of a namespace that is being deleted: trouble has status True; a condition whose status stays keeps its time. Pure. */
export function deletionConditions(old: readonly NamespaceCondition[], report: DeletionReport, now_ms: number): NamespaceCondition[] {
  const fresh = FINDINGS.map((finding): NamespaceCondition => {
    const trouble = finding.bad(report);
    const status = trouble === undefined ? "False" : "True";
    const before = old.find((condition) => condition.type === finding.type);
    const same = before?.status === status ? before.lastTransitionTime : undefined;
    return { type: finding.type, status, lastTransitionTime: same ?? rfc3339(now_ms), ...(trouble ?? finding.good) };
  });
  return [...old.filter((condition) => !FINDINGS.some((finding) => finding.type === condition.type)), ...fresh];
}

/** All content is gone that can be reached: an extension server that is dead must not hold a namespace for ever (it still has what it has of it). */
export function isEmptied(report: DeletionReport): boolean {
  return report.deletionErrors.length === 0 && report.remaining.size === 0;
}
