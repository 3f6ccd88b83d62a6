import test from "ava";
import fc from "fast-check";
import { encodeObject } from "../../api/codec/json.ts";
import { isAtRevision, replaceResourceVersion, withResourceVersion } from "./resource-version.ts";

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
