import test from "ava";
import { StatusError } from "../status/errors.ts";
import { type BodyRequest, decodeBody } from "./body.ts";
import { encodeProtobuf } from "./protobuf.ts";

const configMap = { group: "", version: "v1", kind: "ConfigMap" };
const deployment = { group: "apps", version: "v1", kind: "Deployment" };

function request(body: string | Uint8Array, more: Partial<BodyRequest> = {}): BodyRequest {
  return { bytes: typeof body === "string" ? Buffer.from(body) : body, mediaType: "json", expected: configMap, validation: "Warn", ...more };
}

const START = "the object provided is unrecognized (must be of type ConfigMap): ";
const refused: [string, BodyRequest, string][] = [
  ["nothing", request(""), `${START}couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`],
  ["half an object", request('{"apiVersion":"v1","kind":"ConfigMap","metadata":{}'), `${START}couldn't get version/kind; json parse error: unexpected end of JSON input ({"apiVersion":"v1","kind":"Con ...)`],
  ["no JSON", request("not json"), `${START}couldn't get version/kind; json parse error: invalid character 'o' in literal null (expecting 'u') (6e6f74206a736f6e)`],
  ["YAML as JSON", request("apiVersion: v1\nkind: ConfigMap\n"), `${START}couldn't get version/kind; json parse error: invalid character 'a' looking for beginning of value (61706956657273696f6e3a2076310a6b696e643a20436f6e6669674d6170 ...)`],
  ["trailing data", request('{"kind":"ConfigMap"} {}'), `${START}couldn't get version/kind; json parse error: invalid character '{' after top-level value ({"kind":"ConfigMap"} {})`],
  ["a list", request("[]"), `${START}couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)`],
  ["a version that is no text", request('{"apiVersion":1}'), `${START}couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .apiVersion of type string ({"apiVersion":1})`],
  ["a version of three parts", request('{"apiVersion":"a/b/c"}'), `${START}unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})`],
  ["an unknown kind", request('{"kind":"Nope"}'), 'Nope in version "v1" cannot be handled as a ConfigMap: no kind "Nope" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"'],
  ["an unknown version", request('{"apiVersion":"v9"}'), 'ConfigMap in version "v9" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v9" in scheme "pkg/api/legacyscheme/scheme.go:30"'],
  ["another kind", request('{"apiVersion":"v1","kind":"Secret"}'), 'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion'],
  ["an old version", request('{"apiVersion":"apps/v1beta1","kind":"Deployment"}', { expected: deployment }), "the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)"],
  ["wrong types", request('{"metadata":"x"}'), 'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal string into Go struct field ConfigMap.metadata of type v1.ObjectMeta'],
  ["strict errors", request('{"bogus":1}', { validation: "Strict" }), 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "bogus"'],
  ["bad YAML", request("a: b: c", { mediaType: "yaml" }), `${START}yaml: mapping values are not allowed in this context (613a20623a2063)`],
  ["YAML with a byte that begins nothing", request(Buffer.from("data: {a: \xff}", "latin1"), { mediaType: "yaml" }), `${START}yaml: invalid leading UTF-8 octet (646174613a207b613a20ff7d)`],
  ["YAML with a character that is cut off", request(Buffer.from("a: \xe2\x82", "latin1"), { mediaType: "yaml" }), `${START}yaml: incomplete UTF-8 octet sequence (613a20e282)`],
  ["YAML with a character that is broken off", request(Buffer.from("a: \xe2\x82z", "latin1"), { mediaType: "yaml" }), `${START}yaml: invalid trailing UTF-8 octet (613a20e2827a)`],
  ["YAML with an overlong character", request(Buffer.from("a: \xc0\x80", "latin1"), { mediaType: "yaml" }), `${START}yaml: invalid length of a UTF-8 sequence (613a20c080)`],
  ["YAML with a surrogate", request(Buffer.from("a: \xed\xa0\x80", "latin1"), { mediaType: "yaml" }), `${START}yaml: invalid Unicode character (613a20eda080)`],
  ["a YAML list", request("- a\n- b\n", { mediaType: "yaml" }), `${START}couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (2d20610a2d20620a)`],
  ["YAML 1.1", request("data:\n  k: yes\n", { mediaType: "yaml" }), 'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal bool into Go struct field ConfigMap.data of type string'],
  ["duplicates in YAML", request("data:\n  k: '1'\n  k: '2'\n", { mediaType: "yaml", validation: "Strict" }), 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 3: key "k" already set in map'],
  ["no protobuf", request("{}", { mediaType: "protobuf" }), `${START}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({})`],
  ["empty protobuf", request("", { mediaType: "protobuf" }), `${START}empty data (<empty>)`],
  ["protobuf cut off", request(Buffer.from([0x6b, 0x38, 0x73, 0, 0x0a, 5]), { mediaType: "protobuf" }), `${START}unexpected EOF (6b3873000a05)`],
  ["a custom resource without a kind", request('{"apiVersion":"x.com/v1"}', { custom: true, expected: { group: "x.com", version: "v1", kind: "X" } }), `the object provided is unrecognized (must be of type X): Object 'Kind' is missing in '{"apiVersion":"x.com/v1"}' ({"apiVersion":"x.com/v1"})`],
  ["a custom resource of another version", request('{"apiVersion":"x.com/v2","kind":"X"}', { custom: true, expected: { group: "x.com", version: "v1", kind: "X" } }), "the API version in the data (x.com/v2) does not match the expected API version (x.com/v1)"],
];
for (const [name, body, message] of refused) {
  test(`refused: ${name}`, (t) => {
    const error = t.throws(() => decodeBody(body), { instanceOf: StatusError });
    t.is(error?.message, message);
    t.is(error?.code, 400);
  });
}

test("what stands twice in YAML is one warning for each line, and all of it with unknown fields under Strict", (t) => {
  const twice = "data:\n  k: '1'\n  k: '2'\n  l: '1'\n  l: '2'\nbogus: 1\n";
  const lines = ['line 3: key "k" already set in map', 'line 5: key "l" already set in map'];
  t.deepEqual(decodeBody(request(twice, { mediaType: "yaml", validation: "Warn" })).warnings, [...lines, 'unknown field "bogus"']);
  const error = t.throws(() => decodeBody(request(twice, { mediaType: "yaml", validation: "Strict" })), { instanceOf: StatusError });
  const custom = request(`apiVersion: x.com/v1\nkind: X\nmetadata: {}\nk: 1\nk: 2\n`, { mediaType: "yaml", validation: "Strict", custom: true, expected: { group: "x.com", version: "v1", kind: "X" }, coerce: () => ["k"] });
  t.true(t.throws(() => decodeBody(custom), { instanceOf: StatusError })?.message.endsWith('strict decoding error: yaml: unmarshal errors:\n  line 5: key "k" already set in map, unknown field "k"'));
  t.true(error?.message.endsWith(`strict decoding error: yaml: unmarshal errors:\n  ${lines.join("\n  ")}, unknown field "bogus"`));
});

test("what the body does not say is the path's", (t) => {
  const { object, kind } = decodeBody(request('{"data":{"a":"b"}}'));
  t.deepEqual(object as unknown, { metadata: {}, data: { a: "b" }, kind: "ConfigMap", apiVersion: "v1" });
  t.deepEqual(kind, configMap);
  t.is(decodeBody(request('{"kind":"ConfigMap"}')).object.apiVersion, "v1");
  t.is(decodeBody(request("", { mediaType: "yaml" })).object.kind, "ConfigMap");
});

test("an eviction may be of the old version", (t) => {
  const { object } = decodeBody(request('{"apiVersion":"policy/v1beta1","kind":"Eviction","metadata":{"name":"p"}}', { expected: { group: "policy", version: "v1", kind: "Eviction" } }));
  t.is(object.apiVersion, "policy/v1");
});

test("DeleteOptions are of any group's version", (t) => {
  const options = { group: "", version: "v1", kind: "DeleteOptions" };
  for (const apiVersion of ["v1", "apps/v1", "meta.k8s.io/v1", "policy/v1beta1", "example.com/v7"]) {
    const json = { apiVersion, kind: "DeleteOptions", gracePeriodSeconds: 0 };
    const expected = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 };
    t.like(decodeBody(request(JSON.stringify(json), { expected: options })).object, expected, apiVersion);
    const bytes = encodeProtobuf("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", json);
    t.like(decodeBody(request(bytes, { expected: options, mediaType: "protobuf" })).object, expected, apiVersion);
  }
  const refused = (body: string) => t.throws(() => decodeBody(request(body, { expected: options })), { instanceOf: StatusError }).message;
  t.is(refused('{"kind":"Pod","apiVersion":"v1"}'), 'no kind "Pod" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"');
  t.is(refused('{"kind":"DeleteOptions","apiVersion":"a/b/c"}'), "unexpected GroupVersion string: a/b/c");
  t.is(refused('{"kind":"DeleteOptions","apiVersion":"apps/v1","gracePeriodSeconds":"x"}'), "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64");
});

test("all three forms give the same object", (t) => {
  const json = decodeBody(request('{"metadata":{"name":"a","labels":{"b":"c"}},"data":{"k":"v"}}')).object;
  const yaml = decodeBody(request("metadata:\n  name: a\n  labels: {b: c}\ndata: {k: v}\n", { mediaType: "yaml" })).object;
  const bytes = encodeProtobuf("io.k8s.api.core.v1.ConfigMap", json as unknown as Record<string, unknown>);
  const protobuf = decodeBody(request(bytes, { mediaType: "protobuf" })).object;
  t.deepEqual(yaml, json);
  t.deepEqual(protobuf, json);
});

test("a custom resource keeps what no schema prunes", (t) => {
  const { object } = decodeBody(request('{"apiVersion":"x.com/v1","kind":"X","metadata":{"name":"a"},"spec":{"b":1}}', { custom: true, expected: { group: "x.com", version: "v1", kind: "X" } }));
  t.deepEqual(object as unknown, { apiVersion: "x.com/v1", kind: "X", metadata: { name: "a" }, spec: { b: 1 } });
});
