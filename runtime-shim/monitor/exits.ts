import { mkdirSync, readdirSync, rmSync, statSync, watch, type BigIntStats, type FSWatcher } from "node:fs";
import { join } from "node:path";
import { readIfExists } from "../os/files.ts";

/** How a container ended, as its monitor wrote it down. */
export interface ContainerExit {
  readonly exitCode: number;
  readonly finishedAt_ns: number;
}

/** The directory where monitors write exit codes, one file per container, put there by rename. */
export class ExitDirectory {
  readonly #directory: string;
  #watcher: FSWatcher | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Calls `seen` with the container's id whenever a file appears, and at once for those that are there. */
  watch(seen: (id: string) => void): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    this.#watcher = watch(this.#directory, { persistent: true }, (_, name) => {
      if (name !== null && isId(name)) seen(name);
    });
    for (const name of readdirSync(this.#directory)) if (isId(name)) seen(name);
  }

  close(): void {
    this.#watcher?.close();
  }

  /** The exit of a container, or undefined while its monitor has written none. */
  read(id: string): ContainerExit | undefined {
    const path = join(this.#directory, id);
    const text = readIfExists(path);
    if (text === undefined || !/^-?[0-9]+\s*$/.test(text)) return undefined;
    const stats: BigIntStats = statSync(path, { bigint: true });
    return { exitCode: Number(text), finishedAt_ns: Number(stats.mtimeNs) };
  }

  /** Forgets a container's exit: it is in its record. */
  remove(id: string): void {
    rmSync(join(this.#directory, id), { force: true });
  }
}

function isId(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}
