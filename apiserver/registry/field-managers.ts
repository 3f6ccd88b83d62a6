import { decodeJson, encodeObject } from "../../api/codec/json.ts";
import { parseExactJson } from "../../api/codec/exact-json.ts";
import { plainText } from "../../api/codec/raw.ts";
import { FieldManager } from "../../api/fieldmanager/field-manager.ts";
import { type MergeType, mergeTypeOf } from "../../api/fieldmanager/merge-type.ts";
import { NO_FILTER, resetFields } from "../../api/fieldmanager/reset-fields.ts";
import type { Versions } from "../../api/fieldmanager/updater.ts";
import type { ApiObject } from "../../api/wire.ts";
import type { KindTable, ServedKind } from "./served-kind.ts";

const SCALE = "io.k8s.api.autoscaling.v1.Scale";

/** Of autoscaling/v1 Scale, whatever it scales. */
export const scaleFieldManager = new FieldManager({ group: "autoscaling", version: "v1", kind: "Scale", definition: SCALE, type: mergeTypeOf(SCALE), subresource: "scale", filter: NO_FILTER });

const managers = new WeakMap<ServedKind, Map<string, FieldManager>>();

/** What tracks the writes to a kind or to one of its subresources; made at the first write. */
export function fieldManagerOf(kinds: KindTable, kind: ServedKind, subresource: string): FieldManager {
  let own = managers.get(kind);
  if (own === undefined) {
    own = new Map();
    managers.set(kind, own);
  }
  let manager = own.get(subresource);
  if (manager === undefined) {
    manager = makeFieldManager(kinds, kind, subresource);
    own.set(subresource, manager);
  }
  return manager;
}

function makeFieldManager(kinds: KindTable, kind: ServedKind, subresource: string): FieldManager {
  const { group, version, kind: name, plural, subresources, merging } = kind.entry;
  const versions = merging?.versions ?? versionsOf(kinds, kind);
  return new FieldManager({
    group,
    version,
    kind: name,
    definition: kind.definition,
    type: typeOf(kind),
    subresource,
    filter: resetFields(group, plural, subresource, subresources.status !== undefined),
    ...(versions === undefined ? {} : { versions }),
  });
}

/** @throws Error for a custom resource whose entry does not say how its values are merged */
function typeOf(kind: ServedKind): MergeType {
  if (kind.entry.merging !== undefined) return kind.entry.merging.type;
  if (kind.definition === undefined) throw new Error(`${kind.entry.kind} of ${kind.apiVersion} does not say how its values are merged`);
  return mergeTypeOf(kind.definition);
}

/** Kinds that are stored as one: a manager may have written any of them. undefined: the kind is alone. */
function versionsOf(kinds: KindTable, kind: ServedKind): Versions | undefined {
  const related = new Map(kinds.all.filter(({ stored }) => stored === kind.stored).map((other) => [other.apiVersion, other]));
  if (related.size < 2) return undefined;
  return {
    typeOf(apiVersion) {
      const found = related.get(apiVersion);
      return found === undefined ? undefined : typeOf(found);
    },
    convert(value, from, to) {
      const [source, target] = [related.get(from), related.get(to)];
      return source === undefined || target === undefined ? value : converted(value, source, target);
    },
  };
}

function converted(value: unknown, from: ServedKind, to: ServedKind): unknown {
  const { object } = decodeJson(from.definition, plainText(value), "Ignore");
  const whole: ApiObject = { ...object, metadata: object.metadata ?? {} };
  const stored = from.entry.storedAs?.toStored(whole) ?? whole;
  return parseExactJson(encodeObject(to.definition, to.entry.storedAs?.fromStored(stored) ?? stored));
}
