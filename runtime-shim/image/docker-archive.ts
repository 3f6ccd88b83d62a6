import { readFileSync, statSync, writeFileSync, rmSync } from "node:fs";
import { asRecord } from "./image-config.ts";
import { sha256 } from "./ingest.ts";
import type { Ingest } from "./ingest.ts";
import type { ImageSource, LocalBlob } from "./image-source.ts";
import type { FileSet } from "./layout-source.ts";
import { MANIFEST_LIMIT_BYTES, type Descriptor } from "./manifest.ts";

/** One image of a `docker save` archive, as if it had a manifest. */
interface DockerArchiveImage {
  readonly source: ImageSource;
  readonly digest: string;
  readonly names: readonly string[];
}

/** The images of an archive with a manifest.json in Docker's form; undefined when it has none. */
export function dockerArchiveImages(files: FileSet, ingest: Ingest): DockerArchiveImage[] | undefined {
  const path = files.find("manifest.json");
  if (path === undefined) return undefined;
  if (statSync(path).size > MANIFEST_LIMIT_BYTES) throw new Error(`manifest.json is larger than ${MANIFEST_LIMIT_BYTES} bytes`);
  const list: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!Array.isArray(list)) throw new Error("manifest.json is not a list");
  return list.map((entry) => imageOf(asRecord(entry, "manifest.json's entry"), files, ingest));
}

function imageOf(entry: Record<string, unknown>, files: FileSet, ingest: Ingest): DockerArchiveImage {
  const configName = entry["Config"];
  const layerNames = entry["Layers"];
  const tags = entry["RepoTags"] ?? [];
  if (typeof configName !== "string" || !isStrings(layerNames) || !isStrings(tags)) throw new Error("manifest.json lacks Config, Layers or RepoTags");
  const configBytes = readFileSync(required(files, configName));
  const diffIds = asRecord(asRecord(JSON.parse(configBytes.toString("utf8")), configName)["rootfs"], "rootfs")["diff_ids"];
  if (!isStrings(diffIds) || diffIds.length !== layerNames.length) throw new Error(`${configName} does not name its ${layerNames.length} layers`);
  const configDigest = sha256(configBytes);
  const layers = layerNames.map((name, index) => ({ path: required(files, name), diffId: diffIds[index] as string }));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: configDigest, size: configBytes.length },
      layers: layers.map(({ path, diffId }) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: diffId, size: statSync(path).size })),
    }),
  );
  const digest = sha256(manifest);
  const source: ImageSource = {
    manifest: async () => ({ bytes: manifest, digest }),
    blob: async (descriptor) => (descriptor.digest === configDigest ? temporary(ingest, configBytes) : layerBlob(layers, descriptor)),
  };
  return { source, digest, names: tags };
}

/** Layers need no check here: unpacking compares them with the digest that the configuration promises. */
function layerBlob(layers: readonly { path: string; diffId: string }[], descriptor: Descriptor): LocalBlob {
  const layer = layers.find((candidate) => candidate.diffId === descriptor.digest);
  if (layer === undefined) throw new Error(`the archive has no layer ${descriptor.digest}`);
  return { path: layer.path, release: () => {} };
}

function temporary(ingest: Ingest, bytes: Buffer): LocalBlob {
  const path = ingest.newPath();
  writeFileSync(path, bytes, { mode: 0o600 });
  return { path, release: () => rmSync(path, { force: true }) };
}

function required(files: FileSet, name: string): string {
  const path = files.find(name);
  if (path === undefined) throw new Error(`the archive has no file ${JSON.stringify(name)}`);
  return path;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}
