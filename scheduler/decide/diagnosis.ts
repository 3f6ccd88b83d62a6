/** Why a pod has no node, counted. */
export interface Diagnosis {
  /** Nodes that exist. */
  readonly nodes: number;
  /** Reason in kube-scheduler's words → how many nodes. A node with two reasons counts under both. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Names of the filters that failed on some node: what could wake the pod. */
  readonly filters: ReadonlySet<string>;
  /** A reason that no node has to do with (a claim that does not exist): it stands instead of the counts. */
  readonly podReason?: string;
  /** What preemption found, where it was tried. */
  readonly preemption?: string;
}

/** kube-scheduler's text: `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) had untolerated taint(s).` */
export function diagnosisText(diagnosis: Diagnosis): string {
  if (diagnosis.nodes === 0 && diagnosis.podReason === undefined) return "no nodes available to schedule pods";
  const counts = [...diagnosis.reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  const why = diagnosis.podReason ?? counts.join(", ");
  const text = `0/${diagnosis.nodes} nodes are available:${why === "" ? "" : ` ${why}.`}`;
  return diagnosis.preemption === undefined ? text : `${text} ${diagnosis.preemption}`;
}
