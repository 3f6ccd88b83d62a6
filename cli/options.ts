import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { parseYaml } from "../api/codec/yaml.ts";
import { UserError } from "./user-error.ts";

/** One option of a process: the same name on the command line (`--data-dir`) and in the file that `--config` names (`dataDir`). */
export interface OptionSpec {
  /** Kebab case, without dashes. */
  readonly name: string;
  /** `DIR`, `HOST:PORT`; absent: a switch. */
  readonly value?: string;
  readonly description: string;
  readonly default?: string;
  readonly required?: boolean;
  /** Environment variable that sets it. */
  readonly env?: string;
}

export type OptionValues<Name extends string> = Readonly<Record<Name, string | undefined>>;

export const DEFAULT_DATA_DIR = "/var/lib/berth";

export const dataDirOption: OptionSpec = {
  name: "data-dir",
  value: "DIR",
  description: "folder of the state",
  default: DEFAULT_DATA_DIR,
  env: "BERTH_DATA_DIR",
};

const CONFIG_OPTION = "config";

/** `data-dir` → `dataDir`. */
function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

/** Adds the options, and `--config FILE`, a YAML mapping that can hold all of them. */
export function addOptions(command: Command, specs: readonly OptionSpec[]): Command {
  for (const spec of specs) {
    const flag = spec.value === undefined ? `--${spec.name}` : `--${spec.name} <${spec.value}>`;
    const notes = [spec.default === undefined ? "" : `default: ${spec.default}`, spec.env === undefined ? "" : `env: ${spec.env}`].filter(Boolean);
    command.addOption(new Option(flag, notes.length === 0 ? spec.description : `${spec.description} (${notes.join(", ")})`));
  }
  return command.addOption(new Option(`--${CONFIG_OPTION} <FILE>`, "YAML file with any of these options, in camelCase (dataDir: /srv/berth)"));
}

/**
 * The values, each from the first that has it: command line, file, environment, default.
 * @throws UserError for a file that cannot be read, an unknown key in it, or a required option that is nowhere.
 */
export function readOptions<Name extends string>(specs: readonly (OptionSpec & { name: Name })[], parsed: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): OptionValues<Name> {
  const file = readConfigFile(specs, parsed[CONFIG_OPTION]);
  const values = {} as Record<Name, string | undefined>;
  for (const spec of specs) {
    const key = camelCase(spec.name);
    const value = parsed[key] ?? file[key] ?? (spec.env === undefined ? undefined : env[spec.env] || undefined) ?? spec.default;
    if (value === undefined && spec.required === true) throw new UserError(`--${spec.name} ${spec.value ?? ""} is missing; see --help`, 2);
    values[spec.name] = value === undefined ? undefined : String(value);
  }
  return values;
}

function readConfigFile(specs: readonly OptionSpec[], path: unknown): Readonly<Record<string, unknown>> {
  if (typeof path !== "string") return {};
  let content: unknown;
  try {
    content = parseYaml(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UserError(`--config ${path}: ${(error as Error).message}`, 2);
  }
  if (content === null || content === undefined) return {};
  if (typeof content !== "object" || Array.isArray(content)) throw new UserError(`--config ${path}: must be a YAML mapping of option names to values`, 2);
  const known = new Set(specs.map((spec) => camelCase(spec.name)));
  // `berth scheduler --config` takes the scheduler's own file too, as kube-scheduler does.
  if ("kind" in content && content.kind === "SchedulerConfiguration" && known.has("schedulerConfig")) return { schedulerConfig: path };
  for (const [key, value] of Object.entries(content)) {
    if (!known.has(key)) throw new UserError(`--config ${path}: unknown option ${JSON.stringify(key)}; known: ${[...known].sort().join(", ")}`, 2);
    if (value !== null && typeof value === "object") throw new UserError(`--config ${path}: ${key} must be a plain value, not a ${Array.isArray(value) ? "list" : "mapping"}`, 2);
  }
  return content as Record<string, unknown>;
}

/** Seconds from `40s`, `5m`, `1h` or a bare number of seconds. @throws UserError */
export function parseDuration_s(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null) throw new UserError(`--${option} ${text}: not a duration; write 40s, 5m or 1h`, 2);
  const unit = { ms: 0.001, s: 1, m: 60, h: 3600 }[match[2] ?? "s"] ?? 1;
  return Number(match[1]) * unit;
}

/** Host and port of `HOST:PORT`, `[V6]:PORT` or `:PORT`. @throws UserError */
export function parseHostPort(option: string, text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new UserError(`--${option} ${text}: write HOST:PORT, for example 127.0.0.1:6443`, 2);
  return { host: match[1] ?? (match[2] || "0.0.0.0"), port };
}
