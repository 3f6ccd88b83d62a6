import { readFileSync, rmSync, statSync } from "node:fs";
import { CriError, messageOf } from "../errors.ts";
import { assembleImage, type Assembly } from "./assemble.ts";
import { openDecompressed } from "./decompress.ts";
import { dockerArchiveImages } from "./docker-archive.ts";
import type { ImageRecord } from "./image-store.ts";
import type { Ingest } from "./ingest.ts";
import { directoryFiles, LayoutSource, type FileSet } from "./layout-source.ts";
import { MANIFEST_LIMIT_BYTES, parseManifest, type Descriptor } from "./manifest.ts";
import { parseReference, repositoryName, taggedName } from "./reference.ts";
import { readTar } from "./tar-reader.ts";

const MAX_ARCHIVE_FILES = 10_000;

/**
 * Brings every image of an OCI layout directory, an OCI archive or a Docker archive (plain, gzip or zstd) into the store.
 * INVALID_ARGUMENT when it is none of these or damaged.
 */
export async function importImages(assembly: Assembly, ingest: Ingest, path: string): Promise<ImageRecord[]> {
  try {
    if (statSync(path).isDirectory()) return await importFiles(assembly, ingest, directoryFiles(path));
    const archive = await takeApart(path, ingest, assembly.limit_bytes);
    try {
      return await importFiles(assembly, ingest, archive);
    } finally {
      archive.release();
    }
  } catch (error) {
    throw error instanceof CriError ? error : new CriError("INVALID_ARGUMENT", `cannot import ${path}: ${messageOf(error)}`);
  }
}

async function importFiles(assembly: Assembly, ingest: Ingest, files: FileSet): Promise<ImageRecord[]> {
  const index = files.find("index.json");
  if (index !== undefined && files.find("oci-layout") !== undefined) return importLayout(assembly, files, index);
  const images = dockerArchiveImages(files, ingest);
  if (images === undefined) throw new Error("it is neither an OCI image layout (index.json) nor a Docker archive (manifest.json)");
  const records: ImageRecord[] = [];
  for (const image of images) records.push(await assembleImage(assembly, image.source, image.digest, namesOf(image.names)));
  return records;
}

async function importLayout(assembly: Assembly, files: FileSet, indexPath: string): Promise<ImageRecord[]> {
  if (statSync(indexPath).size > MANIFEST_LIMIT_BYTES) throw new Error(`index.json is larger than ${MANIFEST_LIMIT_BYTES} bytes`);
  const index = parseManifest(readFileSync(indexPath));
  if (index.kind !== "index" || index.manifests.length === 0) throw new Error("index.json names no image");
  const source = new LayoutSource(files);
  const records: ImageRecord[] = [];
  for (const descriptor of index.manifests) records.push(await assembleImage(assembly, source, descriptor.digest, namesOf(layoutNames(descriptor))));
  return records;
}

/** Tools write a full name into one annotation or the other; a bare tag in the latter names nothing. */
function layoutNames(descriptor: Descriptor): string[] {
  const full = descriptor.annotations["io.containerd.image.name"];
  if (full !== undefined) return [full];
  const name = descriptor.annotations["org.opencontainers.image.ref.name"];
  return name !== undefined && /[/:]/.test(name) ? [name] : [];
}

function namesOf(names: readonly string[]): { tags: string[]; repositories: string[] } {
  const references = names.map(parseReference);
  return { tags: references.map(taggedName).filter((name) => name !== undefined), repositories: [...new Set(references.map(repositoryName))] };
}

/** Writes an archive's regular files to temporary ones; their names in the archive are only keys, never paths. */
async function takeApart(path: string, ingest: Ingest, limit_bytes: number): Promise<FileSet & { release(): void }> {
  const found = new Map<string, string>();
  const release = () => {
    for (const file of new Set(found.values())) rmSync(file, { force: true });
  };
  try {
    let left_bytes = limit_bytes;
    for await (const entry of readTar(openDecompressed(path))) {
      const name = entry.path.replace(/^\.\//, "");
      if (found.size >= MAX_ARCHIVE_FILES) throw new Error(`archive has more than ${MAX_ARCHIVE_FILES} files`);
      if (entry.type === "file") {
        const blob = await ingest.write(entry.body(), left_bytes);
        left_bytes -= blob.bytes;
        found.set(name, blob.path);
      } else if (entry.type === "symlink" || entry.type === "hardlink") {
        // docker save writes a layer that repeats as a link to the first.
        const target = found.get(new URL(entry.linkPath, `file:///${entry.type === "symlink" ? name : ""}`).pathname.slice(1));
        if (target !== undefined) found.set(name, target);
      }
    }
  } catch (error) {
    release();
    throw error;
  }
  return { find: (name) => found.get(name), release };
}
