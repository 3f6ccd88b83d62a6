import { cloneJson, isMap, memberOf, setMember } from "../patch/json-value.ts";
import { hasDefault, type Structural } from "./structural.ts";

/**
 * Fills the schema's defaults into the value, those inside defaults too. Nulls of fields that are not nullable count as absent.
 * Defaults are copied: no two objects share one.
 */
export function applySchemaDefaults(value: unknown, schema: Structural | undefined): void {
  if (!schema?.hasDefaults) return;
  if (Array.isArray(value)) defaultList(value, schema);
  else if (isMap(value)) defaultMap(value, schema);
}

function defaultList(list: unknown[], schema: Structural): void {
  const { items } = schema;
  if (items === undefined) return;
  list.forEach((item, i) => {
    if (item === null && !items.nullable && hasDefault(items.props)) list[i] = cloneJson(items.props.default);
    applySchemaDefaults(list[i], items);
  });
}

function defaultMap(map: Record<string, unknown>, schema: Structural): void {
  for (const [name, child] of schema.properties) {
    if (!child.hasDefaults) continue;
    const own = memberOf(map, name);
    const isMissing = own === undefined || (own === null && !child.nullable);
    if (isMissing && hasDefault(child.props)) setMember(map, name, cloneJson(child.props.default));
    if (Object.hasOwn(map, name)) applySchemaDefaults(map[name], child);
  }
  const { values } = schema;
  if (!values?.hasDefaults) return;
  for (const key of Object.keys(map)) {
    if (schema.properties.has(key)) continue;
    if (map[key] === null && !values.nullable && hasDefault(values.props)) setMember(map, key, cloneJson(values.props.default));
    applySchemaDefaults(map[key], values);
  }
}
