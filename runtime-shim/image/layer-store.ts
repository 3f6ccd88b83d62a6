import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readJson, writeFileAtomic } from "../os/files.ts";
import type { Unpacked } from "./unpack.ts";

/** An unpacked layer: its directory's name is short, since all of an image's must fit in one page of mount options. */
export interface StoredLayer {
  readonly name: string;
  readonly diffId: string;
  readonly bytes: number;
  readonly entries: number;
}

/** Unpacked layers by the digest of their tar, each once however many images have it. */
export class LayerStore {
  readonly #directory: string;
  readonly #ingest: string;
  readonly #layers = new Map<string, StoredLayer>();
  #nextName = 1;

  constructor(directory: string, ingest: string) {
    this.#directory = directory;
    this.#ingest = ingest;
  }

  /** Reads what is there and removes what was left half done. */
  load(): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    mkdirSync(join(this.#directory, "empty"), { recursive: true, mode: 0o755 });
    for (const name of readdirSync(this.#directory)) {
      if (name === "empty") continue;
      const base = name.replace(/\.json.*$/, "");
      const number = Number.parseInt(base, 36);
      if (Number.isInteger(number)) this.#nextName = Math.max(this.#nextName, number + 1);
      const layer = readJson(join(this.#directory, `${base}.json`)) as StoredLayer | undefined;
      if (layer?.name === base && existsSync(join(this.#directory, base)) && (name === base || name === `${base}.json`)) this.#layers.set(layer.diffId, layer);
      else rmSync(join(this.#directory, name), { recursive: true, force: true });
    }
  }

  get(diffId: string): StoredLayer | undefined {
    return this.#layers.get(diffId);
  }

  values(): IterableIterator<StoredLayer> {
    return this.#layers.values();
  }

  path(layer: StoredLayer): string {
    return join(this.#directory, layer.name);
  }

  /** A directory to unpack a layer into, before it is known to be good. */
  begin(): string {
    const directory = mkdtempSync(join(this.#ingest, "layer-"));
    chmodSync(directory, 0o755);
    return directory;
  }

  /** Makes an unpacked directory the store's. */
  commit(diffId: string, unpackedTo: string, unpacked: Unpacked): StoredLayer {
    const layer = { name: (this.#nextName++).toString(36), diffId, ...unpacked };
    renameSync(unpackedTo, join(this.#directory, layer.name));
    writeFileAtomic(join(this.#directory, `${layer.name}.json`), JSON.stringify(layer));
    this.#layers.set(diffId, layer);
    return layer;
  }

  /** Removes a layer that no image and no container has. */
  remove(layer: StoredLayer): void {
    this.#layers.delete(layer.diffId);
    rmSync(join(this.#directory, `${layer.name}.json`), { force: true });
    rmSync(join(this.#directory, layer.name), { recursive: true, force: true });
  }

  /** Directory names for overlayfs' lowerdir, topmost first, relative to the store's directory. */
  lowerNames(diffIds: readonly string[]): string[] {
    const names = diffIds.map((diffId) => {
      const layer = this.#layers.get(diffId);
      if (layer === undefined) throw new Error(`layer ${diffId} is missing from the store: pull the image again`);
      return layer.name;
    });
    return names.length === 0 ? ["empty"] : names.reverse();
  }

  get directory(): string {
    return this.#directory;
  }
}
