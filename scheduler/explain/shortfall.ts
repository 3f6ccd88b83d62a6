import type { Failure } from "../decide/examine.ts";
import { accessShortfalls } from "./access-shortfalls.ts";
import type { Shortfall, Situation } from "./fix.ts";
import { neighbourShortfalls } from "./neighbour-shortfalls.ts";
import { resourceShortfalls } from "./resource-shortfalls.ts";
import { volumeShortfalls } from "./volume-shortfalls.ts";

type Describe = (situation: Situation, failure: Failure) => readonly Shortfall[];

const DESCRIBERS: Readonly<Record<string, Describe>> = {
  NodeResourcesFit: resourceShortfalls,
  Devices: resourceShortfalls,
  NodeUnschedulable: accessShortfalls,
  NodeName: accessShortfalls,
  TaintToleration: accessShortfalls,
  NodeAffinity: accessShortfalls,
  NodePorts: neighbourShortfalls,
  InterPodAffinity: neighbourShortfalls,
  PodTopologySpread: neighbourShortfalls,
  VolumeRestrictions: volumeShortfalls,
  NodeVolumeLimits: volumeShortfalls,
  VolumeBinding: volumeShortfalls,
  VolumeZone: volumeShortfalls,
};

/** What is missing for each failure of a node; a rule that nobody describes says its reason. */
export function shortfallsOf(situation: Situation, failures: readonly Failure[]): readonly Shortfall[] {
  const byDevices = new Set(failures.filter(({ filter }) => filter === "Devices").flatMap(({ reasons }) => reasons));
  return failures.flatMap((failure) => {
    // Whole devices fail under two rules; the one that knows the devices says more.
    const reasons = failure.filter === "NodeResourcesFit" ? failure.reasons.filter((reason) => !byDevices.has(reason)) : failure.reasons;
    if (reasons.length === 0) return [];
    const described = DESCRIBERS[failure.filter]?.(situation, { ...failure, reasons }) ?? [];
    return described.length > 0 ? described : reasons.map((reason) => ({ filter: failure.filter, reason, text: reason, fixes: [] }));
  });
}
