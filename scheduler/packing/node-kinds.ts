import { untolerated } from "../../api/selector/tolerations.ts";
import type { NodeState } from "../snapshot/node-state.ts";
import type { PodShape } from "../snapshot/pod-shape.ts";
import type { Demand } from "./demand.ts";

/** Nodes that the same demands may go to. */
export interface NodeKind {
  readonly id: number;
  /** [demand] 1: pods of it may go to such nodes. */
  readonly takes: Uint8Array;
}

/** Sorts nodes by which demands of one outlook their labels and taints let in. */
export class NodeKinds {
  readonly #demands: readonly Demand[];
  readonly #shapes: PodShape[] = [];
  /** [demand] index in #shapes: demands of equal access text share one. */
  readonly #shapeOf: Int32Array;
  readonly #kinds = new Map<string, NodeKind>();
  readonly #ofNode = new Map<number, { version: number; kind: NodeKind }>();

  constructor(demands: readonly Demand[]) {
    this.#demands = demands;
    const indices = new Map<string, number>();
    this.#shapeOf = Int32Array.from(demands, ({ shape }) => {
      const known = indices.get(shape.accessText);
      if (known !== undefined) return known;
      indices.set(shape.accessText, this.#shapes.length);
      return this.#shapes.push(shape) - 1;
    });
  }

  /** `version`: staticVersion of the node. */
  of(node: NodeState, version: number): NodeKind {
    const known = this.#ofNode.get(node.index);
    if (known?.version === version) return known.kind;
    const bits = this.#shapes.map((shape) => (lets(node, shape) ? "1" : "0")).join("");
    let kind = this.#kinds.get(bits);
    if (kind === undefined) {
      kind = { id: this.#kinds.size, takes: Uint8Array.from(this.#demands, (_, i) => (bits[this.#shapeOf[i]!] === "1" ? 1 : 0)) };
      this.#kinds.set(bits, kind);
    }
    this.#ofNode.set(node.index, { version, kind });
    return kind;
  }
}

function lets(node: NodeState, shape: PodShape): boolean {
  return (shape.nodePredicate?.(node) ?? true) && (node.hardTaints.length === 0 || untolerated(node.hardTaints, shape.tolerations) === undefined);
}
