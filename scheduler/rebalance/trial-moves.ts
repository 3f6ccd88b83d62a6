import type { SchedulerCore } from "../core.ts";
import type { Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

/** The taint that steers pods away from a node while it is being emptied: soft, so that a pod that finds no other place comes back. */
export const REBALANCING = { key: "berth.dev/rebalancing", effect: "PreferNoSchedule" } as const;

/** Why a pod moves. */
export type MoveReason = "empties-node" | "makes-room" | "defragments";

export interface Move {
  readonly pod: PodInfo;
  readonly from: string;
  readonly to: string;
  readonly reason: MoveReason;
  /** The pending pod that the move makes room for. */
  readonly for?: string;
}

interface Undo {
  readonly placement: Placement;
  readonly from: string;
}

/** Moves made on the core of a what-if, which can be taken back. */
export class TrialMoves {
  readonly #core: SchedulerCore;
  readonly #made: Undo[] = [];
  readonly #moved = new Set<string>();

  constructor(core: SchedulerCore) {
    this.#core = core;
  }

  /** What `undoTo` goes back to. */
  get mark(): number {
    return this.#made.length;
  }

  wasMoved(key: string): boolean {
    return this.#moved.has(key);
  }

  nodeName(node: number): string {
    return this.#core.snapshot.nodes[node]!.name;
  }

  /**
   * Takes the pod off its node and puts it where the scheduler would; undefined (and nothing is changed) when that is no other node, or `accepts` refuses it.
   */
  move(placement: Placement, accepts: (node: number) => boolean): string | undefined {
    const { snapshot } = this.#core;
    const { pod, node } = placement;
    const from = this.nodeName(node);
    snapshot.unplace(pod.key);
    const choice = this.#core.decider(pod.schedulerName)?.decide(pod);
    if (choice === undefined || !("node" in choice) || choice.node === node || !accepts(choice.node)) {
      snapshot.place(pod, from, placement.devices, placement.assumed);
      return undefined;
    }
    const to = this.nodeName(choice.node);
    snapshot.place(pod, to, this.#core.devicesFor(pod, choice.node), false);
    this.#made.push({ placement, from });
    this.#moved.add(pod.key);
    return to;
  }

  /** Takes back all moves since the mark, the last first. */
  undoTo(mark: number): void {
    while (this.#made.length > mark) {
      const { placement, from } = this.#made.pop()!;
      this.#moved.delete(placement.pod.key);
      this.#core.snapshot.unplace(placement.pod.key);
      this.#core.snapshot.place(placement.pod, from, placement.devices, placement.assumed);
    }
  }

  /** The node counts as one that pods should rather leave, for as long as `use` runs. */
  avoiding<T>(node: number, use: () => T): T {
    const { node: object } = this.#core.snapshot.nodes[node]!;
    if (object === undefined) return use();
    this.#core.setNode({ ...object, spec: { ...object.spec, taints: [...(object.spec?.taints ?? []), REBALANCING] } });
    try {
      return use();
    } finally {
      this.#core.setNode(object);
    }
  }
}
