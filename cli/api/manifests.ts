import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { parseYaml } from "../../api/codec/yaml.ts";
import type { ApiObject } from "../../api/wire.ts";
import { UserError } from "../user-error.ts";

/** An object of a file, and where it stands. */
export interface Manifest {
  readonly source: string;
  readonly object: ApiObject;
}

const EXTENSIONS = new Set([".yaml", ".yml", ".json"]);
/** Most bytes of one manifest file. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * The objects of files, folders (their .yaml, .yml and .json files by name; with `recursive` also below) and `-` (standard input).
 * Lists are taken apart. @throws UserError that names file and document
 */
export function readManifests(paths: readonly string[], recursive: boolean, stdin: () => string): Manifest[] {
  const sources = paths.flatMap((path) => (path === "-" ? [{ source: "standard input", text: stdin() }] : filesOf(path, recursive)));
  const manifests = sources.flatMap(({ source, text }) => documents(source, text));
  if (manifests.length === 0) throw new UserError(`no objects in ${paths.join(", ")}`);
  return manifests;
}

function filesOf(path: string, recursive: boolean): { source: string; text: string }[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new UserError(`the path ${JSON.stringify(path)} does not exist`);
  if (stat.isDirectory()) {
    return readdirSync(path, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        if (entry.isDirectory()) return recursive ? filesOf(join(path, entry.name), true) : [];
        return EXTENSIONS.has(extname(entry.name)) ? filesOf(join(path, entry.name), recursive) : [];
      });
  }
  if (stat.size > MAX_FILE_BYTES) throw new UserError(`${path} has ${stat.size} bytes; a manifest may have ${MAX_FILE_BYTES}`);
  return [{ source: path, text: readFileSync(path, "utf8") }];
}

function documents(source: string, text: string): Manifest[] {
  return text.split(/^---(?=\s|$)/m).flatMap((document, index) => {
    let value: unknown;
    try {
      value = parseYaml(document);
    } catch (error) {
      throw new UserError(`${source}, document ${index + 1}: ${(error as Error).message}`);
    }
    return value === null || value === undefined ? [] : objectsOf(source, index + 1, value);
  });
}

function objectsOf(source: string, document: number, value: unknown): Manifest[] {
  const where = `${source}, document ${document}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new UserError(`${where}: not an object with apiVersion and kind`);
  const object = value as ApiObject & { items?: unknown[] };
  for (const field of ["apiVersion", "kind"] as const) if (typeof object[field] !== "string" || object[field] === "") throw new UserError(`${where}: ${field} is not set`);
  if (object.kind.endsWith("List") && Array.isArray(object.items)) return object.items.flatMap((item) => objectsOf(source, document, item));
  if (typeof object.metadata !== "object" || object.metadata === null) throw new UserError(`${where}: metadata is not set`);
  return [{ source, object }];
}
