import { badRequest, StatusError } from "../status/errors.ts";
import { emitYaml } from "./yaml/emit.ts";
import { type ParsedDocument, parseFirstDocument } from "./yaml/parse.ts";
import { YamlSyntaxError } from "./yaml/tokens.ts";
import { yamlText } from "./yaml/utf8.ts";

/** message is go-yaml's wording, `yaml: ` included. Uncaught, it is a 400 that says just that. */
export class YamlError extends StatusError {
  constructor(message: string) {
    super(badRequest(`yaml: ${message}`).status);
  }
}

/**
 * The first document of a YAML text as a JSON value, as Kubernetes reads it: YAML 1.1 booleans, timestamps as text,
 * integers beyond 2^53 as bigint, aliases and nesting bounded.
 * @throws YamlError
 */
export function parseYaml(text: string): unknown {
  return parseYamlStrictly(text).value;
}

/** The same of text or of its bytes in UTF-8, with the keys that stand twice. @throws YamlError */
export function parseYamlStrictly(text: string | Uint8Array): ParsedDocument {
  try {
    return parseFirstDocument(typeof text === "string" ? text : yamlText(text));
  } catch (error) {
    if (error instanceof YamlSyntaxError) throw new YamlError(error.message);
    throw error;
  }
}

/** A JSON value → YAML as kube-apiserver and kubectl write it, with a newline at the end. */
export function formatYaml(value: unknown): string {
  return emitYaml(value);
}
