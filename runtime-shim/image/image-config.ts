/** What a container takes from its image's configuration (OCI image config, `config` member). */
export interface ImageConfig {
  readonly user: string;
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly stopSignal: string;
  /** As Go names it: `amd64`. */
  readonly architecture: string;
  /** Digests of the uncompressed layers, lowest first. */
  readonly diffIds: readonly string[];
}

const MAX_LAYERS = 500;

/** Reads an image's configuration blob, refusing what is not of the right form. */
export function parseImageConfig(json: unknown): ImageConfig {
  const root = asRecord(json, "image configuration");
  const config = root["config"] === undefined || root["config"] === null ? {} : asRecord(root["config"], "config");
  const rootfs = asRecord(root["rootfs"], "rootfs");
  const diffIds = strings(rootfs["diff_ids"], "rootfs.diff_ids");
  if (diffIds.length > MAX_LAYERS) throw new Error(`image has ${diffIds.length} layers; at most ${MAX_LAYERS} can be mounted`);
  for (const id of diffIds) if (!/^sha256:[0-9a-f]{64}$/.test(id)) throw new Error(`rootfs.diff_ids has ${JSON.stringify(id)}, which is not a sha256 digest`);
  return {
    user: text(config["User"]),
    env: strings(config["Env"], "config.Env"),
    entrypoint: strings(config["Entrypoint"], "config.Entrypoint"),
    cmd: strings(config["Cmd"], "config.Cmd"),
    workingDir: text(config["WorkingDir"]),
    labels: labelsOf(config["Labels"]),
    volumes: config["Volumes"] === undefined || config["Volumes"] === null ? [] : Object.keys(asRecord(config["Volumes"], "config.Volumes")),
    stopSignal: text(config["StopSignal"]),
    architecture: text(root["architecture"]),
    diffIds,
  };
}

/** A JSON object, or an error that names it. */
export function asRecord(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${name} is not a JSON object`);
  return value as Record<string, unknown>;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function strings(value: unknown, name: string): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) throw new Error(`${name} is not a list of strings`);
  return value;
}

function labelsOf(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  return Object.fromEntries(Object.entries(asRecord(value, "config.Labels")).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
