import { digestPattern } from "./reference.ts";
import { asRecord } from "./image-config.ts";

/** A pointer to a blob. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant: string };
}

export type Manifest =
  | { readonly kind: "image"; readonly config: Descriptor; readonly layers: readonly Descriptor[] }
  | { readonly kind: "index"; readonly manifests: readonly Descriptor[] };

/** Manifests are read whole. */
export const MANIFEST_LIMIT_BYTES = 4 << 20;
const MAX_LAYERS = 500;
const MAX_PLATFORMS = 1000;

export const manifestMediaTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** Reads a manifest or an index, OCI's or Docker's schema 2, refusing what is not of that form. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const root = asRecord(JSON.parse(Buffer.from(bytes).toString("utf8")), "manifest");
  if (root["schemaVersion"] !== 2) throw new Error(`manifest has schemaVersion ${String(root["schemaVersion"])}; only 2 is supported`);
  // Both at once is a known trick to be read as one thing here and as another there (CVE-2021-41190).
  if (root["manifests"] !== undefined && (root["layers"] !== undefined || root["config"] !== undefined)) throw new Error("manifest is both an image and an index");
  if (root["manifests"] !== undefined) return { kind: "index", manifests: descriptors(root["manifests"], "manifests", MAX_PLATFORMS) };
  return { kind: "image", config: descriptor(root["config"], "config"), layers: descriptors(root["layers"], "layers", MAX_LAYERS) };
}

function descriptors(value: unknown, name: string, most: number): Descriptor[] {
  if (!Array.isArray(value)) throw new Error(`manifest: ${name} is not a list`);
  if (value.length > most) throw new Error(`manifest: ${name} has ${value.length} entries, more than ${most}`);
  return value.map((entry, index) => descriptor(entry, `${name}[${index}]`));
}

function descriptor(value: unknown, name: string): Descriptor {
  const record = asRecord(value, `manifest: ${name}`);
  const { mediaType, digest, size } = record;
  if (typeof digest !== "string" || !digestPattern.test(digest)) throw new Error(`manifest: ${name} has no sha256 digest`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) throw new Error(`manifest: ${name} has no size`);
  const platform = record["platform"] === undefined ? undefined : asRecord(record["platform"], `manifest: ${name}.platform`);
  const annotations = record["annotations"] === undefined || record["annotations"] === null ? {} : asRecord(record["annotations"], `manifest: ${name}.annotations`);
  return {
    mediaType: typeof mediaType === "string" ? mediaType : "",
    digest,
    size,
    annotations: Object.fromEntries(Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === "string")),
    ...(platform === undefined ? {} : { platform: { os: String(platform["os"] ?? ""), architecture: String(platform["architecture"] ?? ""), variant: String(platform["variant"] ?? "") } }),
  };
}

const goArchitectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64", riscv64: "riscv64", ppc64: "ppc64le", s390x: "s390x" };

/** The entry of an index for this machine (`arch` is Node's name of it); an entry that names no platform does for any. */
export function chooseForPlatform(manifests: readonly Descriptor[], arch: string): Descriptor {
  const architecture = goArchitectures[arch] ?? arch;
  const images = manifests.filter((entry) => entry.annotations["vnd.docker.reference.type"] !== "attestation-manifest");
  const fitting = images.filter((entry) => entry.platform?.os === "linux" && entry.platform.architecture === architecture);
  const best = fitting.find((entry) => ["", "v8"].includes(entry.platform?.variant ?? "")) ?? fitting[0] ?? images.find((entry) => entry.platform === undefined);
  if (best !== undefined) return best;
  const offered = images.map((entry) => `${entry.platform?.os}/${entry.platform?.architecture}`).join(", ");
  throw new Error(`no image for linux/${architecture}: there are ${offered || "none"}`);
}
