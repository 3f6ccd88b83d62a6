import test from "ava";
import type { FieldValidation } from "../codec/json.ts";
import { StatusError } from "../status/errors.ts";
import type { ApiObject } from "../wire.ts";
import { patchObject, type PatchRequest } from "./patch.ts";

const object = { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a", uid: "u" }, data: { k: "v" } } as unknown as ApiObject;

const types = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;

function patch(type: keyof typeof types, body: string, validation: FieldValidation = "Warn", custom = false): ReturnType<typeof patchObject> {
  const definition = custom ? undefined : "io.k8s.api.core.v1.ConfigMap";
  const request: PatchRequest = { definition, kind: "ConfigMap", apiVersion: "v1", object, type: types[type], body: Buffer.from(body), validation };
  return patchObject(request);
}

const TEXT = '{\\"apiVersion\\":\\"v1\\"';
const REST = '\\"kind\\":\\"ConfigMap\\",\\"metadata\\":{\\"name\\":\\"a\\",\\"uid\\":\\"u\\"}}';

const refused: [string, keyof typeof types, string, number, string][] = [
  ["no list of operations", "json", "{}", 400, "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"],
  ["an operation that is none", "json", '["x"]', 400, "error decoding patch: json: cannot unmarshal string into Go value of type handlers.jsonPatchOp"],
  ["a path that is no text", "json", '[{"op":"add","path":5}]', 400, "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string"],
  ["nothing", "json", "", 400, "error decoding patch: unexpected end of JSON input"],
  ["a list as a merge patch", "merge", "[]", 400, "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"],
  ["null as a merge patch", "merge", "null", 400, "Invalid JSON Patch"],
  ["a text as a strategic patch", "strategic", '"x"', 400, "json: cannot unmarshal string into Go value of type map[string]interface {}"],
  ["wrong types", "merge", '{"data":"x"}', 422, ` "" is invalid: patch: Invalid value: "${TEXT},\\"data\\":\\"x\\",${REST}": json: cannot unmarshal string into Go struct field ConfigMap.data of type map[string]string`],
  ["another kind", "merge", '{"kind":"Nope"}', 422, ` "" is invalid: patch: Invalid value: "${TEXT},\\"data\\":{\\"k\\":\\"v\\"},\\"kind\\":\\"Nope\\",\\"metadata\\":{\\"name\\":\\"a\\",\\"uid\\":\\"u\\"}}": no kind "Nope" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"`],
  ["a text for a map, strategically", "strategic", '{"data":"x"}', 422, ' "" is invalid: patch: Invalid value: "map[data:x]": cannot restore map from string'],
  ["a number for a text, strategically", "strategic", '{"data":{"k":5}}', 422, ' "" is invalid: patch: Invalid value: "map[data:map[k:5]]": cannot convert int64 to string'],
  ["a list for a text, strategically", "strategic", '{"data":{"k":[]}}', 422, ' "" is invalid: patch: Invalid value: "map[data:map[k:[]]]": unrecognized type: string'],
];
for (const [name, type, body, code, message] of refused) {
  test(`refused: ${name}`, (t) => {
    const error = t.throws(() => patch(type, body), { instanceOf: StatusError });
    t.is(error?.message, message);
    t.is(error?.code, code);
  });
}

test("unknown fields and duplicates of a patch are warned of or refused", (t) => {
  t.deepEqual(patch("merge", '{"bogus":1,"metadata":{"bad":2}}').warnings, ['unknown field "bogus"', 'unknown field "metadata.bad"']);
  t.deepEqual(patch("strategic", '{"bogus":1,"metadata":{"bad":2}}').warnings, ['unknown field "bogus"', 'unknown field "metadata.bad"']);
  t.deepEqual(patch("merge", '{"data":{"k":"1","k":"2"}}').warnings, ['duplicate field "data.k"']);
  t.deepEqual(patch("json", '[{"op":"add","path":"/data/q","value":"x","extra":1}]').warnings, ['json patch unknown field "[0].extra"']);
  t.deepEqual(patch("merge", '{"bogus":1}', "Ignore").warnings, []);
  t.regex(t.throws(() => patch("merge", '{"bogus":1}', "Strict"))?.message ?? "", /: strict decoding error: unknown field "bogus"$/);
  t.regex(t.throws(() => patch("strategic", '{"bogus":1}', "Strict"))?.message ?? "", /^ "" is invalid: patch: Invalid value: "map\[bogus:1\]": strict decoding error: unknown field "bogus"$/);
});

test("a patch that changes nothing", (t) => {
  for (const result of [patch("json", "null"), patch("json", "[]"), patch("merge", "{}"), patch("strategic", "null")]) t.deepEqual(result.object, object);
});

test("a document without a version is of the internal type, which has no fields by these names", (t) => {
  const { object: patched, warnings } = patch("merge", '{"apiVersion":null,"kind":null}');
  t.deepEqual(warnings, ['unknown field "data"', 'unknown field "metadata"']);
  t.deepEqual(patched as unknown, { kind: "ConfigMap", apiVersion: "v1", metadata: {} });
});

test("the object stays as it is", (t) => {
  const before = structuredClone(object);
  patch("json", '[{"op":"remove","path":"/data/k"}]');
  patch("merge", '{"data":null}');
  patch("strategic", '{"data":{"$patch":"delete"}}');
  t.deepEqual(object, before);
});

test("a custom resource is merged without a schema", (t) => {
  t.deepEqual((patch("merge", '{"spec":{"a":[{"b":null}]}}', "Warn", true).object as unknown as { spec: unknown }).spec, { a: [{}] });
});
