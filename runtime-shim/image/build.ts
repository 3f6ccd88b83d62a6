import { sha256 } from "./ingest.ts";
import { writeTar, type TarInput } from "./tar-writer.ts";

/** A small image made on the spot: one layer per list of files. */
export interface ImageRecipe {
  /** Name with a tag, such as `localhost/hello:1`. */
  readonly name: string;
  readonly layers: readonly (readonly TarInput[])[];
  /** As Node names it: `x64`, `arm64`. */
  readonly arch: string;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: readonly string[];
  readonly workingDir?: string;
  readonly user?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly stopSignal?: string;
}

const goArchitectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** Parts of an image by digest, for a registry or a layout. */
export interface BuiltImage {
  readonly manifest: Buffer;
  readonly manifestDigest: string;
  /** The configuration's digest: the image's id. */
  readonly id: string;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

/** Makes the parts of an OCI image. The same recipe gives the same bytes on every machine. Layers are plain tar. */
export function buildImage(recipe: ImageRecipe): BuiltImage {
  const layers = recipe.layers.map((files) => writeTar(files));
  const config = Buffer.from(JSON.stringify(configOf(recipe, layers.map(sha256))));
  const blobs = new Map<string, Buffer>([config, ...layers].map((blob) => [sha256(blob), blob]));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: sha256(config), size: config.length },
      layers: layers.map((layer) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: sha256(layer), size: layer.length })),
    }),
  );
  return { manifest, manifestDigest: sha256(manifest), id: sha256(config), blobs };
}

/** The image as an OCI archive: what `image import` takes. */
export function buildImageArchive(recipe: ImageRecipe): Buffer {
  const image = buildImage(recipe);
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest: image.manifestDigest,
        size: image.manifest.length,
        annotations: { "org.opencontainers.image.ref.name": recipe.name, "io.containerd.image.name": recipe.name },
      },
    ],
  };
  const file = (path: string, content: string | Buffer): TarInput => ({ path, content: Buffer.from(content) });
  const blobs = [...image.blobs, [image.manifestDigest, image.manifest] as const];
  return writeTar([
    file("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" })),
    file("index.json", JSON.stringify(index)),
    ...blobs.map(([digest, blob]) => file(`blobs/sha256/${digest.slice("sha256:".length)}`, blob)),
  ]);
}

function configOf(recipe: ImageRecipe, diffIds: readonly string[]): unknown {
  return {
    architecture: goArchitectures[recipe.arch] ?? recipe.arch,
    os: "linux",
    config: {
      ...(recipe.user === undefined ? {} : { User: recipe.user }),
      Env: recipe.env ?? ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ...(recipe.entrypoint === undefined ? {} : { Entrypoint: recipe.entrypoint }),
      ...(recipe.cmd === undefined ? {} : { Cmd: recipe.cmd }),
      ...(recipe.workingDir === undefined ? {} : { WorkingDir: recipe.workingDir }),
      ...(recipe.labels === undefined ? {} : { Labels: recipe.labels }),
      ...(recipe.stopSignal === undefined ? {} : { StopSignal: recipe.stopSignal }),
    },
    rootfs: { type: "layers", diff_ids: diffIds },
  };
}
