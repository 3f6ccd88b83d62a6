import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";
import { badRequest, StatusError } from "../status/errors.ts";
import { emitYaml } from "./yaml/emit.ts";
import { resolvePlain } from "./yaml/resolve.ts";
import { setOwn } from "./zero.ts";

/** message is go-yaml's wording, `yaml: ` included. Uncaught, it is a 400 that says just that. */
export class YamlError extends StatusError {
  constructor(message: string) {
    super(badRequest(`yaml: ${message}`).status);
  }
}

export interface ParsedYaml {
  readonly value: unknown;
  /** `line 7: key "k" already set in map` for each key that stands twice. */
  readonly duplicates: readonly string[];
}

/** Most nodes that aliases may add. */
const MAX_ALIAS_NODES = 100_000;

/** The first document of a YAML text as a JSON value (YAML 1.1 booleans, as Kubernetes reads it). @throws YamlError */
export function parseYaml(text: string): unknown {
  return parseYamlStrictly(text).value;
}

/** The same, with what is wrong with its keys. @throws YamlError */
export function parseYamlStrictly(text: string): ParsedYaml {
  const document = parseDocument(text, { version: "1.1", schema: "failsafe", uniqueKeys: false, logLevel: "silent" });
  const fault = document.errors.find((error) => error.code !== "MULTIPLE_DOCS");
  if (fault !== undefined) throw new YamlError(fault.message.split("\n")[0] ?? "");
  const duplicates: string[] = [];
  let aliased = 0;
  const convert = (node: Node | null | undefined): unknown => {
    if (node === null || node === undefined) return null;
    if (isAlias(node)) {
      if (++aliased > MAX_ALIAS_NODES) throw new YamlError("document contains excessive aliasing");
      return convert(node.resolve(document) as Node | undefined);
    }
    if (isScalar(node)) {
      if (aliased > 0 && ++aliased > MAX_ALIAS_NODES) throw new YamlError("document contains excessive aliasing");
      return node.type === "PLAIN" && node.tag === undefined ? resolvePlain(node.source ?? "") : node.value;
    }
    if (isSeq(node)) return node.items.map((item) => convert(item as Node));
    if (!isMap(node)) return null;
    const map = {};
    for (const { key, value } of node.items) {
      const name = String(convert(key as Node));
      if (Object.hasOwn(map, name)) duplicates.push(`key ${JSON.stringify(name)} already set in map`);
      setOwn(map, name, convert(value as Node));
    }
    return map;
  };
  return { value: convert(document.contents as Node | null), duplicates };
}

/** A JSON value → YAML as kube-apiserver and kubectl write it, with a newline at the end. */
export function formatYaml(value: unknown): string {
  return emitYaml(value);
}
