import { readFileSync } from "node:fs";
import { parseDefinition, PREFIX } from "./parse.ts";
import type { Definition, FieldSchema } from "./types.ts";

/** Where each definition stands in the text of definitions.txt; read at the first use, each definition parsed at its own. */
interface Table {
  readonly text: string;
  readonly places: ReadonlyMap<string, readonly [start: number, end: number]>;
  readonly kinds: ReadonlyMap<string, string>;
}

let loaded: Table | undefined;
const parsed = new Map<string, Definition>();
const fieldsByName = new WeakMap<Definition, ReadonlyMap<string, FieldSchema>>();

function table(): Table {
  loaded ??= load(readFileSync(new URL("./definitions.txt", import.meta.url), "utf8"));
  return loaded;
}

function load(text: string): Table {
  const places = new Map<string, readonly [number, number]>();
  const kinds = new Map<string, string>();
  let start = 0;
  while (start < text.length) {
    const headEnd = text.indexOf("\n", start);
    let end = headEnd;
    while (text.charCodeAt(end + 1) === 0x20) end = text.indexOf("\n", end + 1);
    const [shortName = "", ...marks] = text.slice(start, headEnd).split(" ");
    places.set(PREFIX + shortName, [start, end]);
    const kind = marks.find((mark) => mark.startsWith("kind="));
    if (kind !== undefined) kinds.set(kind.slice("kind=".length), PREFIX + shortName);
    start = end + 1;
  }
  return { text, places, kinds };
}

/** The definition of that name (`io.k8s.api.core.v1.Pod`); parsed at its first use. Throws for an unknown name. */
export function definition(name: string): Definition {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const { text, places } = table();
  const place = places.get(name);
  if (place === undefined) throw new Error(`no definition is named ${name}`);
  const result = parseDefinition(text.slice(place[0], place[1]));
  parsed.set(name, result);
  return result;
}

/** Kinds of apimachinery that every group version has. */
const metaKinds: ReadonlySet<string> = new Set(["CreateOptions", "DeleteOptions", "GetOptions", "ListOptions", "PatchOptions", "UpdateOptions", "WatchEvent"]);

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** The definition of a kind, or undefined where it is not built in. DeleteOptions and its like are in every built-in group version. */
export function definitionOfKind(group: string, version: string, kind: string): Definition | undefined {
  const name = table().kinds.get(`${group === "" ? version : `${group}/${version}`}/${kind}`);
  if (name !== undefined) return definition(name);
  if (metaKinds.has(kind) && (group === "meta.k8s.io" || isBuiltInGroupVersion(group, version))) return definition(META + kind);
  return undefined;
}

let groupVersions: ReadonlySet<string> | undefined;

/** Whether some built-in kind is of this group version. */
export function isBuiltInGroupVersion(group: string, version: string): boolean {
  groupVersions ??= new Set([...table().kinds.keys()].map((kind) => kind.slice(0, kind.lastIndexOf("/"))));
  return groupVersions.has(group === "" ? version : `${group}/${version}`);
}

/** A field of a definition by its JSON name. */
export function fieldOf(owner: Definition, name: string): FieldSchema | undefined {
  let fields = fieldsByName.get(owner);
  if (fields === undefined) {
    fields = new Map(owner.fields.map((field) => [field.name, field]));
    fieldsByName.set(owner, fields);
  }
  return fields.get(name);
}

/** Names of all definitions, sorted. */
export function definitionNames(): readonly string[] {
  return [...table().places.keys()];
}

/** The definitions that are kinds. */
export function kindDefinitions(): readonly Definition[] {
  return [...table().kinds.values()].map(definition);
}

