import type { Pod } from "../../api/wire.ts";
import { gangOf } from "../gang/gangs.ts";
import type { PodRelations, RelationsReader } from "../relations/pod-relations.ts";
import { type PodVolumes, podVolumesOf } from "../volume/pod-claims.ts";
import type { LabelSet, LabelSets } from "./label-sets.ts";
import type { PodShape, PodShapes } from "./pod-shape.ts";

/** A pod as the scheduler sees it: read once from the object. */
export interface PodInfo {
  /** `namespace/name`. */
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly pod: Pod;
  readonly shape: PodShape;
  readonly labelSet: LabelSet;
  readonly priority: number;
  readonly schedulerName: string;
  /** spec.nodeName: "" while it is pending. */
  readonly nodeName: string;
  /** What it says about other pods; undefined: nothing. */
  readonly relations: PodRelations | undefined;
  /** Volumes that restrict where it may run; undefined: none does. */
  readonly volumes: PodVolumes | undefined;
  /** The PodGroup it belongs to, `namespace/name`; undefined: none. */
  readonly gang: string | undefined;
  /** It is being deleted. */
  readonly terminating: boolean;
}

/** What reading pods shares between them. */
export interface PodReader {
  readonly shapes: PodShapes;
  readonly labelSets: LabelSets;
  readonly relations: RelationsReader;
}

/** The pod no longer uses its node. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Reads a pod; takes a reference on its label set, which whoever drops the PodInfo releases. */
export function podInfoOf(pod: Pod, reader: PodReader): PodInfo {
  const namespace = pod.metadata.namespace ?? "";
  const name = pod.metadata.name ?? "";
  return {
    key: `${namespace}/${name}`,
    uid: pod.metadata.uid ?? "",
    namespace,
    name,
    pod,
    shape: reader.shapes.of(pod),
    labelSet: reader.labelSets.acquire(namespace, pod.metadata.labels ?? {}),
    priority: pod.spec?.priority ?? 0,
    schedulerName: pod.spec?.schedulerName || "default-scheduler",
    nodeName: pod.spec?.nodeName ?? "",
    relations: reader.relations.of(pod),
    volumes: podVolumesOf(pod),
    gang: gangOf(namespace, pod.metadata.labels),
    terminating: pod.metadata.deletionTimestamp !== undefined,
  };
}
