/**
 * Where in an object an error lies: `spec.containers[0].ports[1].name`, map keys in brackets too: `metadata.labels[a/b]`.
 * Immutable; text is made only when an error is.
 */
export class FieldPath {
  readonly #parent: FieldPath | undefined;
  readonly #name: string;
  readonly #bracketed: boolean;

  constructor(name: string, parent?: FieldPath, bracketed = false) {
    this.#name = name;
    this.#parent = parent;
    this.#bracketed = bracketed;
  }

  /** The fields below this one, one after another: `path.child("spec", "template")`. */
  child(name: string, ...more: string[]): FieldPath {
    let path = new FieldPath(name, this);
    for (const next of more) path = new FieldPath(next, path);
    return path;
  }

  /** An item of a list. */
  index(index: number): FieldPath {
    return new FieldPath(String(index), this, true);
  }

  /** An entry of a map. */
  key(key: string): FieldPath {
    return new FieldPath(key, this, true);
  }

  /** The path one level up that begins at the root; undefined for a root. */
  get parent(): FieldPath | undefined {
    return this.#parent;
  }

  toString(): string {
    // An empty name is printed as empty brackets: Kubernetes reports errors of a whole object under "[]".
    const own = this.#bracketed || this.#name === "" ? `[${this.#name}]` : this.#name;
    if (this.#parent === undefined) return own;
    return this.#bracketed ? `${this.#parent.toString()}${own}` : `${this.#parent.toString()}.${own}`;
  }
}

/** A path from the object's root: `fieldPath("spec", "replicas")`. */
export function fieldPath(name: string, ...more: string[]): FieldPath {
  let path = new FieldPath(name);
  for (const next of more) path = new FieldPath(next, path);
  return path;
}
