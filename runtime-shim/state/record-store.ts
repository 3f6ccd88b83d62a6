import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readJson, writeFileAtomic } from "../os/files.ts";

/** Ids are file names: hexadecimal, as every runtime's. */
const ID = /^[0-9a-f]{64}$/;

/** Records by id, each a `state.json` in a directory of its own that holds the object's other files too. */
export class RecordStore<T extends { readonly id: string }> {
  readonly #directory: string;
  readonly #trash: string;
  readonly #records = new Map<string, T>();

  constructor(directory: string, trash: string) {
    this.#directory = directory;
    this.#trash = trash;
  }

  /** Reads all records. Returns the ids of directories whose record is missing or unreadable: nobody was told of them. */
  load(): string[] {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    mkdirSync(this.#trash, { recursive: true, mode: 0o700 });
    const broken: string[] = [];
    for (const name of readdirSync(this.#directory)) {
      if (!ID.test(name)) continue;
      const record = readJson(join(this.#directory, name, "state.json")) as T | undefined;
      if (record?.id === name) this.#records.set(name, record);
      else broken.push(name);
    }
    return broken;
  }

  /** Makes the object's directory and writes its first record. */
  create(record: T): string {
    const directory = join(this.#directory, record.id);
    mkdirSync(directory, { mode: 0o700 });
    this.#records.set(record.id, record);
    this.save(record);
    return directory;
  }

  /** Writes the record as it is now. */
  save(record: T): void {
    writeFileAtomic(join(this.#directory, record.id, "state.json"), JSON.stringify(record));
  }

  /** Forgets the record and removes its directory; a crash leaves the rest in the trash, which the next start empties. */
  remove(id: string): void {
    this.#records.delete(id);
    const trash = join(this.#trash, id);
    try {
      renameSync(join(this.#directory, id), trash);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      if ((error as NodeJS.ErrnoException).code !== "ENOTEMPTY" && (error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      rmSync(trash, { recursive: true, force: true });
      renameSync(join(this.#directory, id), trash);
    }
    rmSync(trash, { recursive: true, force: true });
  }

  get(id: string): T | undefined {
    return this.#records.get(id);
  }

  values(): IterableIterator<T> {
    return this.#records.values();
  }

  get size(): number {
    return this.#records.size;
  }

  /** The record whose id is `id` or, as users of crictl type, begins with it and is the only one. */
  find(id: string): T | undefined {
    const exact = this.#records.get(id);
    if (exact !== undefined || id.length === 0) return exact;
    let found: T | undefined;
    for (const record of this.#records.values()) {
      if (!record.id.startsWith(id)) continue;
      if (found !== undefined) return undefined;
      found = record;
    }
    return found;
  }
}
