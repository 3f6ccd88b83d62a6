/** Columns that every node has, and that code names; ephemeral-storage and pods follow them. CPU is in thousandths, everything else in whole units (bytes, pods, devices). */
export const CPU = 0;
export const MEMORY = 1;
const FIXED = ["cpu", "memory", "ephemeral-storage", "pods"];

/** Most resource names that nodes may offer; a name beyond is treated as one that no node has. */
export const MAX_COLUMNS = 256;

/** Resource name ↔ column of the snapshot's arrays. Only what nodes offer gets a column, so that no pod can make the table grow. */
export class ResourceColumns {
  readonly names: string[] = [...FIXED];
  readonly #columns = new Map<string, number>(FIXED.map((name, column) => [name, column]));

  /** -1: no node has ever offered it. */
  columnOf(name: string): number {
    return this.#columns.get(name) ?? -1;
  }

  /** The column of `name`, made when there is room; else -1. */
  intern(name: string): number {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    if (this.names.length >= MAX_COLUMNS) return -1;
    this.names.push(name);
    this.#columns.set(name, this.names.length - 1);
    return this.names.length - 1;
  }
}
