import { parseYamlStrictly, YamlError } from "../codec/yaml.ts";
import type { FieldValidation } from "../codec/json.ts";
import { strictWarnings } from "../codec/strict-warnings.ts";
import { isMap, type JsonMap } from "../patch/json-value.ts";
import { badRequest } from "../status/errors.ts";

export interface ApplyBody {
  /** undefined: the body says nothing. */
  readonly config: JsonMap | undefined;
  /** Keys that stand twice, as one text. */
  readonly duplicates: string | undefined;
}

/** Reads the body of an apply patch, YAML or JSON. @throws StatusError 400 */
export function parseApplyBody(body: Uint8Array): ApplyBody {
  try {
    const { value, duplicates } = parseYamlStrictly(body);
    if (value !== null && !isMap(value)) {
      throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`);
    }
    return { config: value ?? undefined, duplicates: duplicates.length === 0 ? undefined : `error converting YAML to JSON: yaml: unmarshal errors:\n  ${duplicates.join("\n  ")}` };
  } catch (error) {
    if (error instanceof YamlError) throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
    throw error;
  }
}

/** What comes of keys that stand twice, once the configuration is found to apply: a warning or, if Strict, a refusal. @throws StatusError 400 */
export function duplicateWarnings(body: ApplyBody, validation: FieldValidation): string[] {
  if (body.duplicates === undefined || validation === "Ignore") return [];
  if (validation === "Strict") throw badRequest(`error strict decoding YAML: ${body.duplicates}`);
  return [...strictWarnings(body.duplicates)];
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value === "bigint" ? "number" : typeof value;
}
