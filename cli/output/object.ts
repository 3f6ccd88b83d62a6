import { formatYaml } from "../../api/codec/yaml.ts";
import type { ApiObject } from "../../api/wire.ts";
import { UserError } from "../user-error.ts";

export const OUTPUT_FORMATS = ["json", "yaml", "name", "wide"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** @throws UserError for a format that there is not */
export function outputFormat(text: string | undefined): OutputFormat | undefined {
  if (text === undefined) return undefined;
  const format = OUTPUT_FORMATS.find((one) => one === text);
  if (format === undefined) throw new UserError(`-o ${text}: formats are ${OUTPUT_FORMATS.join(", ")}`, 2);
  return format;
}

/** An object, or several as a List, in JSON (four blanks, as kubectl) or YAML; managedFields are left out as kubectl does. */
export function formatObjects(objects: readonly ApiObject[], format: "json" | "yaml", single: boolean): string {
  const shown = objects.map(withoutManagedFields);
  const value = single ? shown[0] : { apiVersion: "v1", items: shown, kind: "List", metadata: { resourceVersion: "" } };
  return format === "json" ? `${JSON.stringify(value, null, 4)}\n` : formatYaml(value);
}

function withoutManagedFields(object: ApiObject): ApiObject {
  const { managedFields: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}
