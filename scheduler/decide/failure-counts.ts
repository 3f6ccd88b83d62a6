/** Why some nodes fail: a filter and its reasons, and how many nodes they are. */
export interface Failing {
  readonly filter: string;
  readonly reasons: readonly string[];
  nodes: number;
}

const UNSEEN = -3;
const PASSES = -2;
const CHANGED = -1;

/** Adds up why nodes fail, per combination of reasons; only nodes that changed since the last look are asked again. */
export class FailureCounts {
  readonly #kinds: Failing[] = [];
  readonly #ids = new Map<string, number>();
  /** [node] index in #kinds, or one of the above. */
  readonly #kindOf: Int32Array;
  readonly #changed: number[] = [];

  constructor(size: number) {
    this.#kindOf = new Int32Array(size).fill(UNSEEN);
  }

  change(node: number): void {
    const kind = this.#kindOf[node]!;
    if (kind === CHANGED) return;
    if (kind >= 0) this.#kinds[kind]!.nodes--;
    this.#kindOf[node] = CHANGED;
    this.#changed.push(node);
  }

  /** `why`: the filter that a node fails and its reasons; undefined: it passes, or is not there. */
  all(why: (node: number) => { readonly filter: string; readonly reasons: readonly string[] } | undefined): readonly Failing[] {
    for (const node of this.#changed) {
      const failing = why(node);
      this.#kindOf[node] = failing === undefined ? PASSES : this.#idOf(failing.filter, failing.reasons);
      if (failing !== undefined) this.#kinds[this.#kindOf[node]!]!.nodes++;
    }
    this.#changed.length = 0;
    return this.#kinds;
  }

  #idOf(filter: string, reasons: readonly string[]): number {
    const text = `${filter}\n${reasons.join("\n")}`;
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#kinds.push({ filter, reasons, nodes: 0 }) - 1;
      this.#ids.set(text, id);
    }
    return id;
  }
}
