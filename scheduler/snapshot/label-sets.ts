/** One namespace and set of labels that pods share. Rules between pods work on these, not on pods: a cluster has few of them. */
export interface LabelSet {
  readonly id: number;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Pods that carry it now (pending or placed). */
  references: number;
}

/** Gives equal (namespace, labels) the same LabelSet as long as any pod carries it. */
export class LabelSets {
  readonly #byText = new Map<string, LabelSet>();
  readonly #released: ((set: LabelSet) => void)[] = [];
  #nextId = 0;

  /** Takes one reference. */
  acquire(namespace: string, labels: Readonly<Record<string, string>>): LabelSet {
    const text = textOf(namespace, labels);
    let set = this.#byText.get(text);
    if (set === undefined) {
      set = { id: this.#nextId++, namespace, labels, references: 0 };
      this.#byText.set(text, set);
    }
    set.references++;
    return set;
  }

  release(set: LabelSet): void {
    if (--set.references > 0) return;
    this.#byText.delete(textOf(set.namespace, set.labels));
    for (const callback of this.#released) callback(set);
  }

  /** Calls back when the last pod with a set is gone. */
  onRelease(callback: (set: LabelSet) => void): void {
    this.#released.push(callback);
  }

  get size(): number {
    return this.#byText.size;
  }
}

function textOf(namespace: string, labels: Readonly<Record<string, string>>): string {
  const keys = Object.keys(labels).sort();
  let text = namespace;
  for (const key of keys) text += `\n${key}=${labels[key]}`;
  return text;
}
