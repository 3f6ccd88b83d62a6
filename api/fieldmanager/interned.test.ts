import test from "ava";
import fc from "fast-check";
import { encodeObject } from "../codec/json.ts";
import { plainText } from "../codec/raw.ts";
import { type FieldSet, toFieldsV1 } from "./field-set.ts";
import { internedFields, internedSet } from "./interned.ts";
import { parseObject } from "./parse-object.ts";
import { fieldElement, keyElement, valueElement } from "./path-element.ts";

const CONFIG_MAP = "io.k8s.api.core.v1.ConfigMap";

/**
 * Names with whatever may look like the end of something; none with a backslash: V8's JSON.parse, which is the measure here, mistakes other names for such
 * ones (docs/api.md, "JSON.parse").
 */
const name = fc.oneof(
  fc.constantFrom("a", "b", "fieldsV1", '"fieldsV1', "},{", '}]"', '},"manager":"', "<&>", "é", "\u2028"),
  fc.string({ maxLength: 6 }).map((text) => text.replaceAll("\\", "/")),
);
const element = fc.oneof(name.map(fieldElement), name.map(valueElement), name.map((value) => keyElement({ name: value })));
const set: fc.Arbitrary<FieldSet> = fc.letrec<{ node: FieldSet }>((tie) => ({
  node: fc.dictionary(element, fc.oneof({ maxDepth: 3 }, fc.constant({}), tie("node"))),
})).node;
const entry = fc.record(
  { manager: name, operation: fc.constantFrom("Apply", "Update"), apiVersion: fc.constant("v1"), time: fc.constant("2024-01-01T00:00:00Z"), fieldsType: fc.constant("FieldsV1"), fieldsV1: set, subresource: fc.constantFrom("status") },
  { requiredKeys: ["manager", "operation", "apiVersion", "fieldsType", "fieldsV1"] },
);
/** Other fields of the name, with values that are known or not. */
const other = fc.dictionary(fc.constantFrom("fieldsV1", '"fieldsV1', "metadata", "managedFields", "x"), fc.oneof(set, fc.integer(), fc.array(set, { maxLength: 2 }), name));

function objectOf(entries: readonly object[], more: object, definition: string | undefined): Record<string, unknown> {
  const metadata = { name: "a", uid: "1", managedFields: entries };
  return definition === undefined ? { apiVersion: "e.com/v1", kind: "Thing", aa: more, metadata, spec: more } : { apiVersion: "v1", kind: "ConfigMap", metadata, data: Object.fromEntries(Object.keys(more).map((key) => [key, "}}]"])) };
}

for (const [title, definition] of [
  ["built-in kinds", CONFIG_MAP],
  ["custom resources", undefined],
] as const) {
  test(`an object reads as JSON.parse reads it, however often its fields were met: ${title}`, (t) => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), other, fc.boolean(), (entries, more, met) => {
        if (met) for (const { fieldsV1 } of entries) internedFields(JSON.parse(JSON.stringify(fieldsV1)));
        if (met) for (const value of Object.values(more)) if (typeof value === "object" && !Array.isArray(value)) internedFields(JSON.parse(JSON.stringify(value)));
        const canonical = entries.map((one) => ({ ...one, fieldsV1: toFieldsV1(one.fieldsV1) }));
        const text = encodeObject(definition, objectOf(canonical, more, definition), "asStored");
        t.deepEqual(parseObject(text), JSON.parse(text));
        t.deepEqual(parseObject(text), JSON.parse(text));
      }),
      { numRuns: 120 },
    );
  });
}

test("a set and its fieldsV1 are kept once, and encode to the same JSON as ever", (t) => {
  fc.assert(
    fc.property(set, (one) => {
      const interned = internedSet(one);
      const again = internedFields(JSON.parse(plainText(interned.fieldsV1)));
      t.is(again?.fieldsV1, interned.fieldsV1);
      t.deepEqual(toFieldsV1(interned.set), toFieldsV1(one));
      const withKnown = { metadata: { managedFields: [{ fieldsV1: interned.fieldsV1 }] } };
      const withFresh = { metadata: { managedFields: [{ fieldsV1: toFieldsV1(one) }] } };
      t.is(encodeObject(CONFIG_MAP, withKnown), encodeObject(CONFIG_MAP, withFresh));
    }),
    { numRuns: 100 },
  );
});

test("objects made alike share the value", (t) => {
  const text = '{"kind":"Pod","metadata":{"uid":"1","managedFields":[{"manager":"m","fieldsV1":{"f:spec":{"f:nodeName":{}}}},{"manager":"n","fieldsV1":{"f:status":{"f:phase":{}}},"subresource":"status"}]}}';
  const [one, two] = [parseObject(text), parseObject(text)] as { metadata: { managedFields: { fieldsV1: object }[] } }[];
  for (const i of [0, 1]) t.is(one?.metadata.managedFields[i]?.fieldsV1, two?.metadata.managedFields[i]?.fieldsV1);
});

test("a text full of the key is read in time that grows with its length", (t) => {
  const value = { spec: Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, { fieldsV1: i }])), metadata: { managedFields: [] } };
  const text = JSON.stringify(value);
  t.deepEqual(parseObject(text), value);
});
