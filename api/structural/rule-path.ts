import type { FieldPath } from "../status/field-path.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";
import { childOf } from "./schema-error.ts";
import { isSchema } from "./structural.ts";

/** The steps of a rule's fieldPath (`.a.b['c d']`); undefined when it cannot be read. */
function parseRulePath(text: string): readonly string[] | undefined {
  const steps: string[] = [];
  const step = /\.([^.[\]']+)|\['((?:[^'\\]|\\.)*)'\]/y;
  while (step.lastIndex < text.length) {
    const part = step.exec(text);
    if (part === null) return undefined;
    steps.push(part[1] ?? (part[2] ?? "").replace(/\\(.)/g, "$1"));
  }
  return steps.length === 0 ? undefined : steps;
}

/** The place that a rule's fieldPath means, below the rule's own; undefined when the schema has no such place. Items of lists cannot be meant. */
export function resolveRulePath(text: string, schema: JsonSchemaProps, path: FieldPath | undefined): FieldPath | undefined {
  let place: JsonSchemaProps = schema;
  let at = path;
  for (const step of parseRulePath(text.trim()) ?? [undefined]) {
    if (step === undefined) return undefined;
    const { properties = {}, additionalProperties }: JsonSchemaProps = place;
    const property = Object.hasOwn(properties, step) ? properties[step] : undefined;
    const next: JsonSchemaProps | undefined = property ?? (isSchema(additionalProperties) ? additionalProperties : undefined);
    if (next === undefined) return undefined;
    at = property === undefined && at !== undefined ? at.key(step) : childOf(at, step);
    place = next;
  }
  return at;
}
