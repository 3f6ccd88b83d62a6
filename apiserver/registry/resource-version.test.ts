import test from "ava";
import fc from "fast-check";
import { encodeObject } from "../../api/codec/json.ts";
import { isAtRevision, isAtRevisionButForManagers, replaceResourceVersion, withResourceVersion } from "./resource-version.ts";

const text = fc.oneof(fc.string(), fc.constantFrom('"uid":"', '\\"uid\\":\\"x', "metadata", '{"metadata":{"uid":"1"}}', "uid"));
const keys = fc.dictionary(fc.oneof(fc.constantFrom("uid", "metadata", "resourceVersion"), fc.string({ minLength: 1, maxLength: 8 })), text, { maxKeys: 4 });
const uid = fc.uuid();

/** Metadata with whatever users may write into it. */
const objects = fc.record({ name: text, labels: keys, annotations: keys, data: keys, uid });

function metadata(made: { name: string; labels: object; annotations: object; uid: string }) {
  return { name: made.name, namespace: "n", uid: made.uid, labels: made.labels, annotations: made.annotations };
}

for (const [title, definition] of [
  ["built-in kinds", "io.k8s.api.core.v1.ConfigMap"],
  ["custom resources, whose keys are sorted", undefined],
] as const) {
  test(`the version goes into metadata and nowhere else: ${title}`, (t) => {
    fc.assert(
      fc.property(objects, fc.integer({ min: 1 }), fc.integer({ min: 1 }), (made, version, later) => {
        const object = { apiVersion: definition === undefined ? "e.com/v1" : "v1", kind: definition === undefined ? "Thing" : "ConfigMap", metadata: metadata(made), data: made.data };
        const stored = Buffer.from(encodeObject(definition, object));
        const plain = JSON.parse(stored.toString());
        const bytes = withResourceVersion(stored, version);
        const wanted = { ...plain, metadata: { ...plain.metadata, resourceVersion: String(version) } };
        const replaced = { ...plain, metadata: { ...plain.metadata, resourceVersion: String(later) } };
        t.deepEqual(JSON.parse(bytes.toString()), wanted);
        t.true(isAtRevision(stored, bytes, version));
        t.is(isAtRevision(stored, bytes, later), later === version);
        for (const at of [0, bytes.length >> 1, bytes.length - 2]) {
          const other = Buffer.from(bytes);
          other[at] = other[at]! ^ 1;
          t.false(isAtRevision(stored, other, version));
        }
        t.deepEqual(JSON.parse(replaceResourceVersion(bytes, version, later).toString()), replaced);
        return bytes.at(-1) === 0x0a;
      }),
      { numRuns: 300 },
    );
  });
}

for (const definition of ["io.k8s.api.core.v1.ConfigMap", undefined]) {
  test(`bytes that differ in managedFields alone are told from others: ${definition ?? "custom resources"}`, (t) => {
    const entry = (manager: string, time: string) => ({ manager, time, fieldsType: "FieldsV1", fieldsV1: { "f:data": { [`f:${manager}`]: {} } } });
    const [a, b, late] = [entry("a", "2024-01-01T00:00:00Z"), entry("b", "2024-01-01T00:00:00Z"), entry("a", "2025-01-01T00:00:00Z")];
    const stored = (managedFields: object[], more: object, uid = "1") => Buffer.from(encodeObject(definition, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", uid, managedFields }, ...more }));
    const bytes = withResourceVersion(stored([a, b], { data: { k: "v" } }), 7);
    const alike = (one: Buffer) => isAtRevisionButForManagers(one, bytes, 7);
    t.true(alike(stored([a, b], { data: { k: "v" } })));
    t.true(alike(stored([late, b], { data: { k: "v" } })));
    t.true(alike(stored([b, late], { data: { k: "v" } })));
    t.false(alike(stored([b, late], { data: { k: "w" } })));
    t.false(alike(stored([a, b], { data: { l: "v" } })));
    t.false(alike(stored([a, b], { data: { k: "v" } }, "2")));
    t.false(alike(stored([a, b], { data: { k: "vv" } })));
    t.false(alike(stored([a], { data: { k: "v" } })));
  });
}
