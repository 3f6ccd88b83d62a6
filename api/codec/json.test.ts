import test from "ava";
import fc from "fast-check";
import { DecodeError, decodeJson, encodeObject, type FieldValidation, indentJson, normalizeObject, tryDecode } from "./json.ts";

const CORE = "io.k8s.api.core.v1.";
const DEPLOYMENT = "io.k8s.api.apps.v1.Deployment";
const CONFIG_MAP = `${CORE}ConfigMap`;

function decode(definition: string | undefined, value: unknown, validation: FieldValidation = "Strict") {
  return decodeJson(definition, typeof value === "string" ? value : JSON.stringify(value), validation);
}

const refused: [string, string, unknown, string][] = [
  ["a number for a text", CONFIG_MAP, { metadata: { name: 5 } }, "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string"],
  ["a list for a map", CONFIG_MAP, { metadata: { labels: ["a"] } }, "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string"],
  ["a value of a map", CONFIG_MAP, { data: { a: { b: "c" } } }, "json: cannot unmarshal object into Go struct field ConfigMap.data of type string"],
  ["a text for a list of objects", CONFIG_MAP, { metadata: { ownerReferences: {} } }, "json: cannot unmarshal object into Go struct field ObjectMeta.metadata.ownerReferences of type []v1.OwnerReference"],
  ["a text for a struct", DEPLOYMENT, { spec: "x" }, "json: cannot unmarshal string into Go struct field Deployment.spec of type v1.DeploymentSpec"],
  ["a text for an item", `${CORE}Pod`, { spec: { containers: ["x"] } }, "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container"],
  ["a text for a boolean", `${CORE}Pod`, { spec: { hostNetwork: "yes" } }, "json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool"],
  ["a type with a name of its own", `${CORE}Pod`, { spec: { restartPolicy: 1 } }, "json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy"],
  [
    "an embedded struct is named",
    `${CORE}Pod`,
    { spec: { containers: [{ startupProbe: { grpc: { port: "x" } } }] } },
    "json: cannot unmarshal string into Go struct field GRPCAction.spec.containers.startupProbe.ProbeHandler.grpc.port of type int32",
  ],
  ["a fraction", DEPLOYMENT, '{"spec":{"replicas":1.5}}', "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"],
  ["an integer with a fraction of zero", DEPLOYMENT, '{"spec":{"replicas":1.0}}', "json: cannot unmarshal number 1.0 into Go struct field DeploymentSpec.spec.replicas of type int32"],
  ["an integer with an exponent", DEPLOYMENT, '{"spec":{"replicas":1e0}}', "json: cannot unmarshal number 1e0 into Go struct field DeploymentSpec.spec.replicas of type int32"],
  ["beyond int32", DEPLOYMENT, '{"spec":{"replicas":2147483648}}', "json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32"],
  ["beyond int64", CONFIG_MAP, '{"metadata":{"generation":9223372036854775808}}', "json: cannot unmarshal number 9223372036854775808 into Go struct field ObjectMeta.metadata.generation of type int64"],
  ["a quantity", `${CORE}ResourceQuota`, { spec: { hard: { pods: "1.5.5Gi" } } }, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ["a boolean as a quantity", `${CORE}ResourceQuota`, { spec: { hard: { pods: true } } }, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ["an int-or-string", `${CORE}Service`, { spec: { ports: [{ targetPort: true }] } }, "json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32"],
  ["a byte that is too large", `${CORE}Secret`, { data: { a: [1, 300] } }, "json: cannot unmarshal number 300 into Go struct field Secret.data of type uint8"],
  ["a byte that is text", `${CORE}Secret`, { data: { a: ["x"] } }, "json: cannot unmarshal string into Go struct field Secret.data of type uint8"],
  ["base64", `${CORE}Secret`, { data: { a: "YQ=" } }, "illegal base64 data at input byte 3"],
  ["a time", CONFIG_MAP, { metadata: { creationTimestamp: "yesterday" } }, 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'],
  ["a number as a time", CONFIG_MAP, { metadata: { creationTimestamp: 5 } }, "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string"],
  ["a micro-time without its six digits", "io.k8s.api.coordination.v1.Lease", { spec: { renewTime: "2024-01-01T00:00:00Z" } }, 'parsing time "2024-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"'],
  ["what unmarshals itself is complained of first", `${CORE}Secret`, '{"metadata":{"name":5,"creationTimestamp":"x"}}', 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
  ["no object", CONFIG_MAP, "[]", "json: cannot unmarshal array into Go value of type v1.ConfigMap"],
  ["no JSON", CONFIG_MAP, "{", "unexpected end of JSON input"],
  ["deep nesting", CONFIG_MAP, `{"data":${"[".repeat(10_001)}${"]".repeat(10_001)}}`, "exceeded max depth"],
  ["unknown fields", CONFIG_MAP, { metadata: { alien: 1 }, bogus: 1 }, 'strict decoding error: unknown field "metadata.alien", unknown field "bogus"'],
  ["another case is another field", CONFIG_MAP, { Data: {} }, 'strict decoding error: unknown field "Data"'],
  ["duplicates", CONFIG_MAP, '{"metadata":{"name":"a","name":"b"},"data":{"k":"1","k":"2"},"data":{"k":"3"}}', 'strict decoding error: duplicate field "metadata.name", duplicate field "data.k", duplicate field "data"'],
  ["an index in the path", `${CORE}Pod`, { spec: { containers: [{}, { x: 1 }] } }, 'strict decoding error: unknown field "spec.containers[1].x"'],
];
for (const [name, definition, value, message] of refused) {
  test(`refused: ${name}`, (t) => {
    t.is(t.throws(() => decode(definition, value), { instanceOf: DecodeError })?.message, message);
  });
}

test("bytes may come as a list of numbers", (t) => {
  const { object } = decode(`${CORE}Secret`, { data: { a: [104, 105], b: [], c: [null, 255] } });
  t.deepEqual((object as { data?: unknown }).data, { a: "aGk=", b: "", c: "AP8=" });
});

test("Warn says what Strict refuses, Ignore is silent, all three prune", (t) => {
  const text = '{"bogus":1,"data":{"k":"1","k":"2"}}';
  const warned = decode(CONFIG_MAP, text, "Warn");
  t.deepEqual(warned.warnings, ['unknown field "bogus"', 'duplicate field "data.k"']);
  t.deepEqual(warned.object as unknown, { metadata: {}, data: { k: "2" } });
  t.deepEqual(decode(CONFIG_MAP, text, "Ignore"), { ...warned, warnings: [] });
});

test("a duplicate is found however the text is spaced, a text that looks like a name is none", (t) => {
  t.throws(() => decode(CONFIG_MAP, '{"data" : {"a"\n:"1",\t"a" :"2"}}'), { message: /duplicate field "data.a"/ });
  t.notThrows(() => decode(CONFIG_MAP, { data: { a: '"a":"b"', b: "c\\" } }));
});

test("nulls and zero values are absent, what is always written is there", (t) => {
  const { object } = decode(`${CORE}Pod`, { metadata: { labels: null, generation: 0 }, spec: { containers: [{ name: "c", stdin: false, securityContext: null }], hostNetwork: false, terminationGracePeriodSeconds: 0 } });
  t.deepEqual(object as unknown, { metadata: {}, spec: { containers: [{ name: "c", resources: {} }], terminationGracePeriodSeconds: 0 }, status: {} });
});

test("values come out canonical", (t) => {
  const { object } = decode(`${CORE}Pod`, {
    metadata: { creationTimestamp: "2024-01-02T03:04:05.678+02:00" },
    spec: { containers: [{ name: "c", resources: { limits: { cpu: "1000m", memory: "1024Mi", x: 5 } } }] },
  });
  t.is(object.metadata.creationTimestamp, "2024-01-02T01:04:05Z");
  t.deepEqual((object as unknown as { spec: { containers: { resources: unknown }[] } }).spec.containers[0]?.resources, { limits: { cpu: "1", memory: "1Gi", x: "5" } });
});

test("-0 is 0, numbers beyond 2^53 stay exact", (t) => {
  t.deepEqual((decode(DEPLOYMENT, '{"spec":{"replicas":-0}}').object as unknown as { spec: { replicas: number } }).spec.replicas, 0);
  const text = '{"metadata":{"generation":9223372036854775807}}';
  t.is(decode(CONFIG_MAP, text).object.metadata.generation as unknown, 9223372036854775807n);
  t.is(encodeObject(CONFIG_MAP, decode(CONFIG_MAP, text).object), text);
  const custom = '{"big":9007199254740993,"float":1.5}';
  t.is(encodeObject(undefined, decode(undefined, custom).object), custom);
});

test("__proto__ is a name like any other", (t) => {
  const text = '{"metadata":{},"data":{"__proto__":"x","constructor":"y"}}';
  const { object } = decode(CONFIG_MAP, text);
  t.is(encodeObject(CONFIG_MAP, object), text);
  t.is(Object.getPrototypeOf((object as unknown as { data: object }).data), Object.prototype);
  t.deepEqual(decode(CONFIG_MAP, '{"__proto__":{"polluted":1},"metadata":{"__proto__":{}}}', "Warn").warnings, ['unknown field "__proto__"', 'unknown field "metadata.__proto__"']);
  t.is(encodeObject(undefined, decode(undefined, '{"__proto__":{"a":1},"spec":{"__proto__":2,"__proto__":3}}', "Ignore").object), '{"__proto__":{"a":1},"spec":{"__proto__":3}}');
  t.is(({} as { polluted?: number }).polluted, undefined);
});

test("halves of surrogate pairs become U+FFFD", (t) => {
  t.deepEqual((decode(CONFIG_MAP, '{"data":{"a":"\\ud800","b":"\\ud83d\\ude00"}}').object as unknown as { data: unknown }).data, { a: "\ufffd", b: "😀" });
});

test("raw JSON keeps its text, blanks aside", (t) => {
  const text = '{"metadata":{"name":"r"},"data":{"b":1.50,"a":[1e2,"<"]},"revision":1}';
  const spaced = text.replaceAll(",", " , ");
  const REVISION = "io.k8s.api.apps.v1.ControllerRevision";
  t.is(encodeObject(REVISION, decode(REVISION, spaced).object), text.replace("<", "\\u003c"));
});

test("encoding: Go's order, escapes, sorted maps, what is always written", (t) => {
  t.is(
    encodeObject(CONFIG_MAP, { data: { b: "<&>", a: "\u2028\n", "\ue000": "x", "😀": "y" }, metadata: { name: "a" }, apiVersion: "v1", kind: "ConfigMap" }),
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"a":"\\u2028\\n","b":"\\u003c\\u0026\\u003e","\ue000":"x","😀":"y"}}',
  );
  t.is(encodeObject(`${CORE}Pod`, { metadata: {} }), '{"metadata":{},"spec":{"containers":null},"status":{}}');
  const role = { metadata: {}, rules: [] };
  t.is(encodeObject("io.k8s.api.rbac.v1.Role", role), '{"metadata":{},"rules":[]}');
  t.is(encodeObject("io.k8s.api.rbac.v1.Role", role, "asStored"), '{"metadata":{},"rules":null}');
});

test("a custom resource is free but for its metadata", (t) => {
  const { object, warnings } = decode(undefined, '{"kind":"X","spec":{"z":null,"a":[{"b":{}}]},"metadata":{"name":"a","bogus":1,"creationTimestamp":null}}', "Warn");
  t.deepEqual(warnings, ['unknown field "metadata.bogus"']);
  t.is(encodeObject(undefined, object), '{"kind":"X","metadata":{"name":"a"},"spec":{"a":[{"b":{}}],"z":null}}');
  t.throws(() => decode(undefined, '{"spec":{"a":1,"a":2}}'), { message: 'strict decoding error: duplicate field "spec.a"' });
  t.throws(() => decode(undefined, { metadata: { labels: { a: 1 } } }), { message: "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string" });
  t.throws(() => decode(undefined, `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`), { message: "exceeded max depth" });
});

test("the ordinary body takes the fast way", (t) => {
  t.truthy(tryDecode(DEPLOYMENT, '{"kind":"Deployment","spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"c","image":"img:1.25"}]}}}}'));
});

test("normalising copies", (t) => {
  const mine = { metadata: { name: "a", labels: { a: "b" } }, data: { k: "v" } };
  const { object } = normalizeObject(CONFIG_MAP, mine, "Strict");
  t.deepEqual(object as unknown, mine as unknown);
  t.not(object.metadata as unknown, mine.metadata as unknown);
});

test("pretty text", (t) => {
  t.is(indentJson('{"a":[1,{"b":"x,{}:\\""}],"c":{},"d":[]}'), '{\n  "a": [\n    1,\n    {\n      "b": "x,{}:\\""\n    }\n  ],\n  "c": {},\n  "d": []\n}');
});

test("property: indentation is JSON's own", (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      t.is(indentJson(JSON.stringify(value)), JSON.stringify(value, null, 2));
    }),
  );
});

test("property: any JSON text is decoded or refused with a DecodeError, by both ways alike", (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(DEPLOYMENT, CONFIG_MAP, undefined), (value, definition) => {
      const text = JSON.stringify({ metadata: value, spec: value, data: value });
      try {
        t.truthy(decodeJson(definition, text, "Warn").object);
      } catch (error) {
        t.true(error instanceof DecodeError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test("metadata of a custom resource has no empty lists and maps, its other fields have", (t) => {
  for (const extra of ["", '"metadata":{},']) {
    const text = `{${extra}"metadata":{"name":"a","labels":{},"annotations":{},"finalizers":[],"ownerReferences":[]},"spec":{"list":[]}}`;
    t.deepEqual(decodeJson(undefined, text, "Ignore").object as unknown, { metadata: { name: "a" }, spec: { list: [] } });
  }
});
