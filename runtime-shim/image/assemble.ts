import { readFileSync, rmSync, statSync } from "node:fs";
import { CriError, messageOf } from "../errors.ts";
import type { FailpointName } from "../failpoint.ts";
import { parseImageConfig, type ImageConfig } from "./image-config.ts";
import type { ImageSource } from "./image-source.ts";
import type { ImageRecord, ImageStore } from "./image-store.ts";
import type { StoredLayer } from "./layer-store.ts";
import { chooseForPlatform, parseManifest, type Descriptor } from "./manifest.ts";
import type { UnpackPool } from "./unpack-pool.ts";

/** What turns parts from a source into an image of the store. */
export interface Assembly {
  readonly store: ImageStore;
  readonly pool: UnpackPool;
  readonly arch: string;
  readonly limit_bytes: number;
  readonly now_ms: () => number;
  readonly failpoint: (name: FailpointName) => void;
  /** Layers that are being brought, by the digest of their tar: two images that share one bring it once. */
  readonly bringing: Map<string, Promise<StoredLayer>>;
}

const MAX_CONFIG_BYTES = 8 << 20;
const MAX_ENTRIES = 2_000_000;
/** An index that points to an index: no tool writes more than two. */
const MAX_INDEX_DEPTH = 3;

export interface ImageNames {
  readonly tags: readonly string[];
  /** Repositories under which the manifest's digest is a name of the image. */
  readonly repositories: readonly string[];
}

/** Brings the image that `reference` (tag or digest) means at the source into the store, under the given names. */
export async function assembleImage(assembly: Assembly, source: ImageSource, reference: string, names: ImageNames): Promise<ImageRecord> {
  const { manifest, digests } = await findManifest(assembly, source, reference);
  assembly.failpoint("image.pull.manifest");
  const { config, id, size } = await readConfig(source, manifest.config);
  if (config.diffIds.length !== manifest.layers.length) throw new CriError("INVALID_ARGUMENT", `image has ${manifest.layers.length} layers, but its configuration names ${config.diffIds.length}`);
  const release = assembly.store.pin(config.diffIds);
  try {
    const layers = await allOrFirstError(manifest.layers.map((layer, index) => bringLayer(assembly, source, layer, config.diffIds[index] as string)));
    assembly.failpoint("image.pull.unpacked");
    const total = layers.reduce((sum, layer) => sum + layer.bytes, size);
    if (total > assembly.limit_bytes) throw new CriError("RESOURCE_EXHAUSTED", `image unpacks to ${total} bytes, more than ${assembly.limit_bytes}`);
    const repoDigests = names.repositories.flatMap((repository) => digests.map((digest) => `${repository}@${digest}`));
    const record = assembly.store.add({ id, config, size_bytes: total }, { tags: names.tags, repoDigests }, assembly.now_ms());
    assembly.failpoint("image.pull.recorded");
    return record;
  } finally {
    release();
    assembly.store.collect();
  }
}

/** Waits for all, also when one fails: what works on the source's files must have ended before they go. */
async function allOrFirstError<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** Follows indexes to the image for this platform. `digests`: what it may be called by, the one asked for first. */
async function findManifest(assembly: Assembly, source: ImageSource, reference: string): Promise<{ manifest: { config: Descriptor; layers: readonly Descriptor[] }; digests: string[] }> {
  const digests: string[] = [];
  let next: { reference: string; size?: number } = { reference };
  for (let depth = 0; depth < MAX_INDEX_DEPTH; depth++) {
    const { bytes, digest } = await source.manifest(next.reference, next.size);
    digests.push(digest);
    const manifest = parseManifest(bytes);
    if (manifest.kind === "image") return { manifest, digests };
    const chosen = chooseForPlatform(manifest.manifests, assembly.arch);
    next = { reference: chosen.digest, size: chosen.size };
  }
  throw new CriError("INVALID_ARGUMENT", "image index points to an index that points to an index");
}

async function readConfig(source: ImageSource, descriptor: Descriptor): Promise<{ config: ImageConfig; id: string; size: number }> {
  if (descriptor.size > MAX_CONFIG_BYTES) throw new CriError("INVALID_ARGUMENT", `image configuration of ${descriptor.size} bytes, more than ${MAX_CONFIG_BYTES}`);
  const blob = await source.blob(descriptor);
  try {
    return { config: parseImageConfig(JSON.parse(readFileSync(blob.path, "utf8"))), id: descriptor.digest, size: descriptor.size };
  } finally {
    blob.release();
  }
}

function bringLayer(assembly: Assembly, source: ImageSource, descriptor: Descriptor, diffId: string): Promise<StoredLayer> {
  const stored = assembly.store.layers.get(diffId);
  if (stored !== undefined) return Promise.resolve(stored);
  const already = assembly.bringing.get(diffId);
  if (already !== undefined) return already;
  const bringing = fetchAndUnpack(assembly, source, descriptor, diffId).finally(() => assembly.bringing.delete(diffId));
  assembly.bringing.set(diffId, bringing);
  return bringing;
}

async function fetchAndUnpack(assembly: Assembly, source: ImageSource, descriptor: Descriptor, diffId: string): Promise<StoredLayer> {
  const { layers } = assembly.store;
  if (/nondistributable|foreign/.test(descriptor.mediaType)) throw new CriError("INVALID_ARGUMENT", `layer ${descriptor.digest} is of type ${descriptor.mediaType}, which registries do not hold`);
  const blob = await source.blob(descriptor);
  assembly.failpoint("image.pull.blob");
  const target = layers.begin();
  try {
    const unpacked = await assembly.pool.unpack({ blob: blob.path, target, diffId, limits: { bytes: assembly.limit_bytes, entries: MAX_ENTRIES } });
    assembly.failpoint("image.pull.layer");
    const overhead_bytes = statSync(target).size;
    return layers.commit(diffId, target, { ...unpacked, bytes: unpacked.bytes + overhead_bytes });
  } catch (error) {
    rmSync(target, { recursive: true, force: true });
    throw error instanceof CriError ? error : new CriError("INVALID_ARGUMENT", `layer ${descriptor.digest}: ${messageOf(error)}`);
  } finally {
    blob.release();
  }
}
