import test from "ava";
import fc from "fast-check";
import { equalJson } from "../patch/json-value.ts";
import type { ApiObject } from "../wire.ts";
import { FieldManager } from "./field-manager.ts";
import { EMPTY, equalSets, type FieldSet, intersection, isEmpty, union } from "./field-set.ts";
import { decodeManaged, managerId } from "./managed.ts";
import { compareValues } from "./compare.ts";
import { mergeValues } from "./merge.ts";
import { NO_FILTER } from "./reset-fields.ts";
import { customMergeType, type StructuralSchema } from "./structural.ts";
import { toFieldSet } from "./to-field-set.ts";

/** A resource with every kind of list and map. */
const schema: StructuralSchema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        n: { type: "integer" },
        s: { type: "string" },
        labels: { type: "object", additionalProperties: { type: "string" } },
        whole: { type: "object", "x-kubernetes-map-type": "atomic", additionalProperties: { type: "integer" } },
        items: { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], items: { type: "object", properties: { name: { type: "string" }, v: { type: "integer" }, w: { type: "string" } } } },
        set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
        list: { type: "array", items: { type: "integer" } },
        free: { "x-kubernetes-preserve-unknown-fields": true },
      },
    },
  },
};
const type = customMergeType(schema);
const fieldManager = new FieldManager({ group: "example.com", version: "v1", kind: "Widget", definition: undefined, type, subresource: "", filter: NO_FILTER });

const letter = fc.constantFrom("a", "b", "c");
const small = fc.integer({ min: 0, max: 2 });
/** Without empty containers: whether one that nobody says a thing about stays behind is the server's affair. */
const spec = fc.record(
  {
    n: small,
    s: letter,
    labels: fc.dictionary(letter, letter, { minKeys: 1 }),
    whole: fc.dictionary(letter, small, { minKeys: 1 }),
    items: fc.uniqueArray(fc.record({ name: letter, v: small, w: letter }, { requiredKeys: ["name"] }), { selector: ({ name }) => name, minLength: 1 }),
    set: fc.uniqueArray(letter, { minLength: 1 }),
    list: fc.array(small, { minLength: 1, maxLength: 3 }),
    free: fc.dictionary(letter, fc.oneof(small, letter, fc.array(small, { maxLength: 2 })), { minKeys: 1, maxKeys: 2 }),
  },
  { requiredKeys: ["n"] },
);
const step = fc.record({ manager: fc.constantFrom("m1", "m2", "m3"), spec });

function configOf(value: object): Record<string, unknown> {
  return { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec: value };
}

function paths(config: Record<string, unknown>): FieldSet {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = config;
  return toFieldSet(type, rest);
}

function ownedBy(object: ApiObject | undefined, manager: string): FieldSet {
  return decodeManaged(object?.metadata.managedFields).fields.get(managerId({ manager, operation: "Apply" }))?.set ?? EMPTY;
}

test("with three managers that force, everyone owns what he said last unless it was taken, and the object says what its owners said", (t) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      let object: ApiObject | undefined;
      const said = new Map<string, Record<string, unknown>>();
      for (const { manager, spec: value } of steps) {
        const config = configOf(value);
        object = stored(fieldManager.apply(object, { config, manager, force: true, now: "2024-01-01T00:00:00Z" }));
        said.set(manager, config);
        // Who applied owns all that he said, and the object says it.
        t.true(equalSets(ownedBy(object, manager), paths(config)), JSON.stringify({ object, config }));
        t.true(equalJson(withoutBare(mergeValues(type, object, config)), withoutBare(object)), JSON.stringify({ object, config }));
        checkOwners(t, object, said);
      }
      // Once more changes nothing.
      const last = steps.at(-1) as { manager: string; spec: object };
      const again = fieldManager.apply(object, { config: configOf(last.spec), manager: last.manager, force: true, now: "2030-01-01T00:00:00Z" });
      t.true(equalJson(withoutBare({ ...again, metadata: {} }), withoutBare({ ...object, metadata: {} })));
      t.true(equalSets(ownedBy(again, last.manager), ownedBy(object, last.manager)));
    }),
    { numRuns: 200 },
  );
});

/** As a server has it that keeps neither nulls nor empty containers. */
function stored(object: ApiObject): ApiObject {
  const { metadata, ...rest } = object;
  return { ...(withoutBare(rest) as typeof rest), metadata: { ...metadata, uid: "1" } } as ApiObject;
}

/** Every owned path is there and holds what its owner said. */
function checkOwners(t: { true(value: boolean, message?: string): void }, object: ApiObject, said: ReadonlyMap<string, Record<string, unknown>>): void {
  for (const [manager, config] of said) {
    const owned = ownedBy(object, manager);
    const wanted = withoutBare(config);
    const { changed, removed } = compareValues(type, wanted, withoutBare(object));
    t.true(isEmpty(intersection(removed, owned)), `${manager} owns what is gone`);
    const differs = onlyLeaves(intersection(intersection(changed, owned), toFieldSet(type, wanted)));
    t.true(isEmpty(differs), `${manager}: ${JSON.stringify(differs)} ${JSON.stringify(object)}`);
  }
}

/** Containers that two managers fill differ as a whole, and yet each has his part. */
function onlyLeaves(set: FieldSet): FieldSet {
  return Object.fromEntries(Object.entries(set).filter(([element, node]) => element !== "f:metadata" && (Object.keys(node).length === 0 || !isEmpty(onlyLeaves(node)))));
}

test("whoever is alone is obeyed to the letter", (t) => {
  fc.assert(
    fc.property(fc.array(spec, { minLength: 1, maxLength: 5 }), (specs) => {
      let object: ApiObject | undefined;
      for (const value of specs) {
        object = fieldManager.apply(object, { config: configOf(value), manager: "m1", force: false, now: "2024-01-01T00:00:00Z" });
        object.metadata.uid = "1";
      }
      const { managedFields: _dropped, ...metadata } = (object as ApiObject).metadata;
      const last = specs.at(-1) as Record<string, unknown>;
      t.deepEqual(withoutBare({ ...object, metadata }), withoutBare({ ...configOf(last), metadata: { name: "w", uid: "1" } }));
    }),
    { numRuns: 200 },
  );
});

/** Empty containers and nulls left out (they may stay behind), keys sorted. */
function withoutBare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBare);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).map(([key, member]): [string, unknown] => [key, withoutBare(member)]);
  return Object.fromEntries(members.filter(([, member]) => member !== null && !(typeof member === "object" && Object.keys(member as object).length === 0)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

test("plain writes: what changed is the writer's, and applies to it conflict", (t) => {
  fc.assert(
    fc.property(spec, spec, spec, (first, second, third) => {
      const base = fieldManager.apply(undefined, { config: configOf(first), manager: "m1", force: false, now: "2024-01-01T00:00:00Z" });
      base.metadata.uid = "1";
      const next: ApiObject = JSON.parse(JSON.stringify({ ...base, spec: second }));
      fieldManager.update(base, next, "editor", "2024-01-01T00:00:01Z");
      const { changed } = compareValues(type, base.spec === undefined ? {} : { spec: base.spec }, { spec: second });
      const id = managerId({ manager: "editor", operation: "Update", apiVersion: "example.com/v1" });
      const mine = decodeManaged(next.metadata.managedFields).fields.get(id)?.set ?? EMPTY;
      t.true(equalSets(mine, changed), JSON.stringify([mine, changed]));
      t.true(isEmpty(intersection(ownedBy(next, "m1"), changed)));
      const attempt = () => fieldManager.apply(next, { config: configOf(third), manager: "m2", force: false, now: "2024-01-01T00:00:02Z" });
      const taken = compareValues(type, { spec: second }, mergeValues(type, { spec: second }, { spec: third })).changed;
      const clash = !isEmpty(intersection(taken, union(mine, ownedBy(next, "m1"))));
      if (clash) t.throws(attempt, { message: /^Apply failed with \d+ conflict/ });
      else t.notThrows(attempt);
    }),
    { numRuns: 200 },
  );
});
