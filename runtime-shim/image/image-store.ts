import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checked, libc } from "../os/libc.ts";
import { readJson, writeFileAtomic } from "../os/files.ts";
import type { ImageConfig } from "./image-config.ts";
import type { LayerStore } from "./layer-store.ts";
import { parseReference, repositoryName, taggedName } from "./reference.ts";

/** An image on disk, by the digest of its configuration. */
export interface ImageRecord {
  /** `sha256:…` of the configuration: what other runtimes call the image's id. */
  readonly id: string;
  /** Full names with a tag, and when each was given: the later of two images with one name has it. */
  tags: Record<string, number>;
  /** `registry/repository@sha256:…` of the manifest. */
  repoDigests: string[];
  readonly config: ImageConfig;
  /** Bytes of the unpacked layers and the configuration. */
  readonly size_bytes: number;
}

const idPattern = /^(?:sha256:)?([0-9a-f]{64})$/;
/** Shorter beginnings of an id are too likely to be a name. */
const shortIdPattern = /^(?:sha256:)?([0-9a-f]{8,63})$/;

/** The images that containers can be made from. Content is in the layer store; here are names. */
export class ImageStore {
  readonly layers: LayerStore;
  readonly #directory: string;
  readonly #images = new Map<string, ImageRecord>();
  readonly #names = new Map<string, string>();
  /** Layers that a pull in progress or a container needs, by digest, counted. */
  readonly #pins = new Map<string, number>();

  constructor(directory: string, layers: LayerStore) {
    this.#directory = directory;
    this.layers = layers;
  }

  /** Reads all images; one whose layers are not all there can't be used and is forgotten. */
  load(): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    this.layers.load();
    for (const file of readdirSync(this.#directory)) {
      const image = file.endsWith(".json") ? (readJson(join(this.#directory, file)) as ImageRecord | undefined) : undefined;
      if (image?.config.diffIds.every((diffId) => this.layers.get(diffId) !== undefined) === true) this.#images.set(image.id, image);
      else rmSync(join(this.#directory, file), { force: true });
    }
    this.#indexNames();
  }

  values(): IterableIterator<ImageRecord> {
    return this.#images.values();
  }

  /** The image that a name, a name with a digest, an id or the unambiguous beginning of one means. */
  find(text: string): ImageRecord | undefined {
    const id = idPattern.exec(text)?.[1];
    if (id !== undefined) return this.#images.get(`sha256:${id}`);
    const named = this.#findNamed(text);
    if (named !== undefined) return named;
    const short = shortIdPattern.exec(text)?.[1];
    if (short === undefined) return undefined;
    const matches = [...this.#images.values()].filter((image) => image.id.startsWith(`sha256:${short}`));
    return matches.length === 1 ? matches[0] : undefined;
  }

  /** Adds an image or further names of one. `time_ms` decides who has a name that was another image's. */
  add(image: Omit<ImageRecord, "tags" | "repoDigests">, names: { tags: readonly string[]; repoDigests: readonly string[] }, time_ms: number): ImageRecord {
    this.#sync();
    const before = this.#images.get(image.id);
    const record: ImageRecord = {
      ...image,
      tags: { ...before?.tags, ...Object.fromEntries(names.tags.map((tag) => [tag, time_ms])) },
      repoDigests: [...new Set([...(before?.repoDigests ?? []), ...names.repoDigests])],
    };
    this.#images.set(record.id, record);
    this.#save(record);
    for (const tag of names.tags) {
      const holder = this.#names.get(tag);
      this.#names.set(tag, record.id);
      if (holder !== undefined && holder !== record.id) this.#untag(holder, tag);
    }
    for (const digest of names.repoDigests) this.#names.set(digest, record.id);
    return record;
  }

  /** Forgets an image and all its names. Its layers go with `collect`. */
  remove(id: string): void {
    this.#images.delete(id);
    rmSync(this.#file(id), { force: true });
    this.#indexNames();
  }

  /** Keeps layers until the returned function is called. */
  pin(diffIds: readonly string[]): () => void {
    for (const diffId of diffIds) this.#pins.set(diffId, (this.#pins.get(diffId) ?? 0) + 1);
    let pinned = true;
    return () => {
      if (!pinned) return;
      pinned = false;
      for (const diffId of diffIds) {
        const count = (this.#pins.get(diffId) ?? 1) - 1;
        if (count > 0) this.#pins.set(diffId, count);
        else this.#pins.delete(diffId);
      }
    };
  }

  /** Removes layers that nothing needs. */
  collect(): void {
    const used = new Set([...this.#images.values()].flatMap((image) => image.config.diffIds));
    for (const layer of [...this.layers.values()]) if (!used.has(layer.diffId) && !this.#pins.has(layer.diffId)) this.layers.remove(layer);
  }

  #findNamed(text: string): ImageRecord | undefined {
    let reference: ReturnType<typeof parseReference>;
    try {
      reference = parseReference(text);
    } catch {
      return undefined;
    }
    // With a digest the tag says nothing: the digest is what was asked for.
    const name = reference.digest === undefined ? taggedName(reference) : `${repositoryName(reference)}@${reference.digest}`;
    const id = name === undefined ? undefined : this.#names.get(name);
    return id === undefined ? undefined : this.#images.get(id);
  }

  #untag(id: string, tag: string): void {
    const image = this.#images.get(id);
    if (image === undefined) return;
    delete image.tags[tag];
    this.#save(image);
  }

  #indexNames(): void {
    this.#names.clear();
    const given = new Map<string, number>();
    for (const image of this.#images.values()) {
      for (const digest of image.repoDigests) this.#names.set(digest, image.id);
      for (const [tag, time_ms] of Object.entries(image.tags)) {
        if ((given.get(tag) ?? -1) > time_ms) continue;
        given.set(tag, time_ms);
        this.#names.set(tag, image.id);
      }
    }
    // A crash between giving a name and taking it from its former image left it with both.
    for (const image of this.#images.values()) for (const tag of Object.keys(image.tags)) if (this.#names.get(tag) !== image.id) delete image.tags[tag];
  }

  #save(image: ImageRecord): void {
    writeFileAtomic(this.#file(image.id), JSON.stringify(image), { sync: true });
  }

  #file(id: string): string {
    return join(this.#directory, `${id.slice("sha256:".length)}.json`);
  }

  /** Layers are on disk before the record that says so. */
  #sync(): void {
    const fd = openSync(this.#directory, "r");
    try {
      checked(libc().syncfs(fd), "syncfs", this.#directory);
    } finally {
      closeSync(fd);
    }
  }
}
