import test from "ava";
import fc from "fast-check";
import type { ApiObject } from "../wire.ts";
import { FieldManager } from "./field-manager.ts";
import { mergeTypeOf } from "./merge-type.ts";
import { NO_FILTER, resetFields } from "./reset-fields.ts";
import { customMergeType, type StructuralSchema } from "./structural.ts";

const schema: StructuralSchema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        n: { type: "integer" },
        labels: { type: "object", additionalProperties: { type: "string" } },
        whole: { type: "object", "x-kubernetes-map-type": "atomic", additionalProperties: { type: "integer" } },
        items: { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name", "port"], items: { type: "object", properties: { name: { type: "string" }, port: { type: "integer", default: 80 }, v: { type: "integer" } } } },
        set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
        list: { type: "array", items: { type: "integer" } },
        free: { "x-kubernetes-preserve-unknown-fields": true },
      },
    },
  },
};

const letter = fc.constantFrom("a", "b", "a.b", "1:a", "");
const small = fc.integer({ min: 0, max: 2 });
const rare = fc.constantFrom(null, {}, []);
const scalar = fc.oneof(letter, small, fc.boolean(), fc.constant(null), fc.constant(5n));
const fields = {
  n: small,
  labels: fc.oneof(fc.dictionary(letter, letter), rare),
  whole: fc.oneof(fc.dictionary(letter, small), rare),
  items: fc.array(fc.oneof(fc.record({ name: letter, port: small, v: small }, { requiredKeys: [] }), rare), { maxLength: 3 }),
  set: fc.array(scalar, { maxLength: 3 }),
  list: fc.array(small, { maxLength: 2 }),
  free: fc.dictionary(letter, fc.oneof(scalar, rare, fc.dictionary(letter, scalar), fc.array(scalar)), { maxKeys: 2 }),
  other: small,
};
/** One field at a time, so that shapes meet often. */
const spec: fc.Arbitrary<object> = fc.oneof(...Object.entries(fields).map(([name, value]) => (value as fc.Arbitrary<unknown>).map((made) => ({ [name]: made }))));

function managersOf(fieldManager: FieldManager, object: ApiObject): unknown {
  const copy = structuredClone(object);
  fieldManager.update(undefined, copy, "m", "2024-01-01T00:00:00Z");
  return copy.metadata.managedFields;
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}

function checkAlike(t: { deepEqual(a: unknown, b: unknown): void }, make: () => FieldManager, objects: fc.Arbitrary<ApiObject>): void {
  const warm = make();
  fc.assert(
    fc.property(objects, (object) => {
      const wanted = managersOf(make(), object);
      t.deepEqual(managersOf(warm, object), wanted);
      t.deepEqual(managersOf(warm, object), wanted);
      const parts = frozen(structuredClone(object));
      for (let i = 0; i < 2; i++) {
        const sharing: ApiObject = { ...parts, metadata: structuredClone(object.metadata) };
        warm.update(undefined, sharing, "m", "2024-01-01T00:00:00Z");
        t.deepEqual(sharing.metadata.managedFields as unknown, wanted);
      }
    }),
    { numRuns: 1000 },
  );
}

test("what a new object's maker owns does not depend on what was made before", (t) => {
  const type = customMergeType(schema);
  const make = () => new FieldManager({ group: "example.com", version: "v1", kind: "Widget", definition: undefined, type, subresource: "", filter: NO_FILTER });
  checkAlike(t, make, spec.map((value): ApiObject => ({ apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec: value })));
});

test("nor of a built-in kind, whose wire shows more than its normalised form", (t) => {
  const definition = "io.k8s.api.core.v1.Pod";
  const make = () => new FieldManager({ group: "", version: "v1", kind: "Pod", definition, type: mergeTypeOf(definition), subresource: "status", filter: resetFields("", "pods", "status", true) });
  const condition = fc.record({ type: fc.constantFrom("Ready", "x"), status: fc.constant("True"), lastProbeTime: fc.constantFrom(null, "2024-01-01T00:00:00Z") }, { requiredKeys: ["type"] });
  const status = fc.record({ phase: letter, conditions: fc.array(condition, { maxLength: 2 }), podIPs: fc.array(fc.record({ ip: letter }), { maxLength: 2 }) }, { requiredKeys: [] });
  const labels = fc.oneof(fc.dictionary(letter, letter), fc.constant({}));
  checkAlike(
    t,
    make,
    fc.record({ status, labels }).map(({ status: value, labels: own }): ApiObject => ({ apiVersion: "v1", kind: "Pod", metadata: { name: "p", labels: own }, status: value })),
  );
});

test("long names and many fields are no shapes to be remembered, and owned all the same", (t) => {
  const definition = "io.k8s.api.core.v1.ConfigMap";
  const manager = new FieldManager({ group: "", version: "v1", kind: "ConfigMap", definition, type: mergeTypeOf(definition), subresource: "", filter: NO_FILTER });
  const long = "k".repeat(200);
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, "v"]));
  for (const data of [{ [long]: "v" }, many, { [long]: "w", a: "b" }, { ...many, z: "v" }]) {
    const entries = managersOf(manager, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data } as ApiObject) as { fieldsV1: { "f:data": object } }[];
    t.deepEqual(Object.keys(entries[0]!.fieldsV1["f:data"]).sort(), [".", ...Object.keys(data).map((key) => `f:${key}`)].sort());
  }
});
