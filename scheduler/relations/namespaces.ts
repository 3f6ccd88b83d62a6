type Labels = Readonly<Record<string, string>>;

const NONE: Labels = {};

/** Labels of the namespaces, for terms that select namespaces by label. */
export class NamespaceLabels {
  readonly #labels = new Map<string, Labels>();

  /** A namespace that is not known has no labels. */
  labelsOf(name: string): Labels {
    return this.#labels.get(name) ?? NONE;
  }

  /** Returns whether anything changed. */
  set(name: string, labels: Labels): boolean {
    const old = this.labelsOf(name);
    this.#labels.set(name, labels);
    return JSON.stringify(Object.entries(old).sort()) !== JSON.stringify(Object.entries(labels).sort());
  }

  delete(name: string): boolean {
    const old = this.labelsOf(name);
    this.#labels.delete(name);
    return Object.keys(old).length > 0;
  }
}
