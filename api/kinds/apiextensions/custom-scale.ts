import { setOwn } from "../../codec/zero.ts";
import { isMap, memberOf } from "../../patch/json-value.ts";
import { invalid } from "../../status/field-error.ts";
import type { Subresources } from "../../validation/apiextensions/columns.ts";
import type { Errors } from "../../validation/common.ts";
import type { ApiObject } from "../../wire.ts";
import type { ScaleAccess } from "../kind.ts";

const MAX_INT32 = 2_147_483_647;

/** The paths of a scale subresource. */
export type ScalePaths = NonNullable<Subresources["scale"]>;

/** The field at a simple path (`.spec.replicas`); undefined where there is none. @throws NestedTypeError where something on the way is no object */
function valueAt(object: unknown, path: string): unknown {
  let value = object;
  const names = segmentsOf(path);
  for (const [i, name] of names.entries()) {
    if (value === null || value === undefined) return undefined;
    if (!isMap(value)) throw new NestedTypeError(`.${names.slice(0, i + 1).join(".")} accessor error: ${goText(value)} is of the type ${goTypeOf(value)}, expected map[string]interface{}`);
    value = memberOf(value, name);
  }
  return value;
}

/** Something on a path is of another type than it must be, in apimachinery's words. */
class NestedTypeError extends Error {
  override readonly name = "NestedTypeError";
}

function segmentsOf(path: string): string[] {
  return path.replace(/^\./, "").split(".");
}

function integerAt(object: unknown, path: string): number | undefined {
  const value = valueAt(object, path);
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value)) return value;
  if (typeof value === "bigint") return Number(value);
  throw new NestedTypeError(`.${segmentsOf(path).join(".")} accessor error: ${goText(value)} is of the type ${goTypeOf(value)}, expected int64`);
}

function textAt(object: unknown, path: string): string | undefined {
  const value = valueAt(object, path);
  if (value === undefined || typeof value === "string") return value;
  throw new NestedTypeError(`.${segmentsOf(path).join(".")} accessor error: ${goText(value)} is of the type ${goTypeOf(value)}, expected string`);
}

function goTypeOf(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}

function goText(value: unknown): string {
  return value === null ? "<nil>" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What the scale paths of an object hold: numbers that are not negative and fit, a selector that is text. */
export function validateScaleFields(object: ApiObject, scale: ScalePaths | undefined, errors: Errors): void {
  if (scale === undefined) return;
  replicas(object, scale.specReplicasPath ?? "", errors);
  replicas(object, scale.statusReplicasPath ?? "", errors);
  if (scale.labelSelectorPath) checked(() => textAt(object, scale.labelSelectorPath ?? ""), scale.labelSelectorPath, "", errors);
}

function replicas(object: ApiObject, path: string, errors: Errors): void {
  const value = checked(() => integerAt(object, path), path, 0, errors);
  if (value === undefined) return;
  if (value < 0) errors.push(invalid(path, value, "should be a non-negative integer"));
  else if (value > MAX_INT32) errors.push(invalid(path, value, `should be less than or equal to ${MAX_INT32}`));
}

function checked<T>(read: () => T, path: string, zero: unknown, errors: Errors): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NestedTypeError)) throw error;
    errors.push(invalid(path, zero, error.message));
    return undefined;
  }
}

/** autoscaling/v1 Scale of a custom resource. `replicasPaths`: of each version with a scale, by apiVersion. */
export function customScale(scale: ScalePaths, replicasPaths: Readonly<Record<string, string>>): ScaleAccess {
  const spec = scale.specReplicasPath ?? "";
  const status = scale.statusReplicasPath ?? "";
  return {
    replicas: (object) => integerAt(object, spec),
    setReplicas(object, value) {
      setAt(object, segmentsOf(spec), value);
    },
    statusReplicas: (object) => integerAt(object, status) ?? 0,
    selector: (object) => (scale.labelSelectorPath ? (textAt(object, scale.labelSelectorPath) ?? "") : ""),
    replicasPaths,
    specReplicasPath: spec,
  };
}

function setAt(object: Record<string, unknown> | ApiObject, names: readonly string[], value: number): void {
  let owner = object as Record<string, unknown>;
  for (const name of names.slice(0, -1)) {
    const next = memberOf(owner, name);
    if (isMap(next)) owner = next;
    else {
      const made: Record<string, unknown> = {};
      setOwn(owner, name, made);
      owner = made;
    }
  }
  const last = names.at(-1);
  if (last !== undefined) setOwn(owner, last, value);
}
