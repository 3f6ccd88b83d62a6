import { goValueText } from "../patch/go-value.ts";
import { isMap } from "../patch/json-value.ts";
import { itemElement, ListItemError } from "./list-item.ts";
import { type ListType, type MapType, type MergeType, type ScalarType, typeFor } from "./merge-type.ts";
import { elementText, fieldElement } from "./path-element.ts";

/**
 * What is wrong with a configuration that is to be applied: fields that are not declared, other types, items that
 * stand twice. One text, structured-merge-diff's wording; undefined when nothing is.
 */
export function validateConfiguration(type: MergeType, value: unknown): string | undefined {
  const errors: string[] = [];
  validate(type, value, "", errors);
  if (errors.length === 0) return undefined;
  return errors.length === 1 ? errors[0] : `errors:\n${errors.map((error) => `  ${error}`).join("\n")}`;
}

function report(errors: string[], path: string, message: string): void {
  errors.push(path === "" ? message : `${path}: ${message}`);
}

function validate(type: MergeType, value: unknown, path: string, errors: string[]): void {
  if (value === null || value === undefined) return;
  const own = typeFor(type, value);
  if (own.type === "scalar") validateScalar(own, value, path, errors);
  else if (own.type === "list") validateList(own, value, path, errors);
  else validateMap(own, value, path, errors);
}

function validateScalar({ scalar }: ScalarType, value: unknown, path: string, errors: string[]): void {
  const isNumber = typeof value === "number" || typeof value === "bigint";
  switch (scalar) {
    case "string":
      if (typeof value !== "string") report(errors, path, `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
      return;
    case "numeric":
      if (!isNumber) report(errors, path, `expected numeric (int or float), got ${goType(value)}`);
      return;
    case "boolean":
      if (typeof value !== "boolean") report(errors, path, `expected boolean, got &{${goValueText(value)}}`);
      return;
    default:
      if (typeof value === "object") report(errors, path, `expected any scalar, got &{${goValueText(value)}}`);
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  return typeof value === "boolean" ? "bool" : typeof value === "object" ? "map[string]interface {}" : "string";
}

/** A value as Go's %#v prints it. */
function goSyntax(value: unknown): string {
  if (value === null) return "interface {}(nil)";
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (!isMap(value)) return typeof value === "string" ? JSON.stringify(value) : String(value);
  const keys = Object.keys(value).sort();
  return `map[string]interface {}{${keys.map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`).join(", ")}}`;
}

function validateList(type: ListType, value: unknown, path: string, errors: string[]): void {
  if (!Array.isArray(value)) return report(errors, path, `expected list, got &{${goValueText(value)}}`);
  const items = type.items();
  const seen = new Set<string>();
  for (const [i, item] of value.entries()) {
    let step = `[${i}]`;
    if (type.relation !== "atomic") {
      try {
        const element = itemElement(type, item);
        step = elementText(element);
        if (seen.has(element)) report(errors, path, `duplicate entries for key ${step}`);
        seen.add(element);
      } catch (error) {
        if (!(error instanceof ListItemError)) throw error;
        return report(errors, path, `element ${i}: ${error.message}`);
      }
    }
    validate(items, item, path + step, errors);
  }
}

function validateMap(type: MapType, value: unknown, path: string, errors: string[]): void {
  if (!isMap(value)) return report(errors, path, `expected map, got &{${goValueText(value)}}`);
  for (const name of Object.keys(value)) {
    const at = path + elementText(fieldElement(name));
    const field = type.field(name) ?? type.values();
    if (field === undefined) report(errors, at, "field not declared in schema");
    else validate(field, value[name], at, errors);
  }
}
