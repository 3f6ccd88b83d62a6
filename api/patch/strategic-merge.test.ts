import test from "ava";
import fc from "fast-check";
import { StatusError } from "../status/errors.ts";
import type { JsonMap } from "./json-value.ts";
import { applyStrategicMergePatch, createThreeWayPatch, createTwoWayPatch } from "./strategic-merge.ts";

const DEPLOYMENT = "io.k8s.api.apps.v1.Deployment";
const CONFIG_MAP = "io.k8s.api.core.v1.ConfigMap";

const containers = [
  { name: "c", image: "1", env: [{ name: "A", value: "1" }, { name: "B", value: "2" }], ports: [{ containerPort: 80 }] },
  { name: "d", image: "1" },
];

function withContainers(list: unknown): JsonMap {
  return { spec: { template: { spec: { containers: list } } } };
}

function containersOf(object: JsonMap): unknown {
  return (object as { spec: { template: { spec: { containers: unknown } } } }).spec.template.spec.containers;
}

const merged: [string, unknown, unknown][] = [
  ["merged by name, new ones before", [{ name: "d", image: "2" }, { name: "e" }], [containers[0], { name: "d", image: "2" }, { name: "e" }]],
  ["deleted", [{ name: "d", $patch: "delete" }], [containers[0]]],
  ["deleted where there is none", [{ name: "none", $patch: "delete" }], containers],
  ["replaced", [{ name: "x" }, { $patch: "replace" }], [{ name: "x" }]],
  ["nulled", [{ name: "c", env: null, ports: null }], [{ name: "c", image: "1" }, containers[1]]],
  ["merged in depth", [{ name: "c", env: [{ name: "B", value: null, valueFrom: {} }] }], [{ ...containers[0], env: [{ name: "A", value: "1" }, { name: "B", valueFrom: {} }] }, containers[1]]],
];
for (const [name, patch, expected] of merged) {
  test(`containers ${name}`, (t) => t.deepEqual(containersOf(applyStrategicMergePatch(DEPLOYMENT, withContainers(containers), withContainers(patch))), expected));
}

const objects: [string, string, JsonMap, JsonMap, JsonMap][] = [
  ["a map is merged", CONFIG_MAP, { data: { a: "1", b: "2" } }, { data: { a: null, c: "3" } }, { data: { b: "2", c: "3" } }],
  ["a map is replaced", CONFIG_MAP, { data: { a: "1" } }, { data: { $patch: "replace", b: "2" } }, { data: { b: "2" } }],
  ["a map is emptied", CONFIG_MAP, { data: { a: "1" } }, { data: { $patch: "delete" } }, { data: {} }],
  ["a directive for what is not there is dropped", CONFIG_MAP, {}, { data: { $patch: "bogus", a: "1" } }, {}],
  ["retained keys", DEPLOYMENT, { spec: { strategy: { type: "RollingUpdate", rollingUpdate: {} } } }, { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } }, { spec: { strategy: { type: "Recreate" } } }],
  ["scalars are added in front", CONFIG_MAP, { metadata: { finalizers: ["a", "b"] } }, { metadata: { finalizers: ["c"] } }, { metadata: { finalizers: ["c", "a", "b"] } }],
  ["scalars are deleted", CONFIG_MAP, { metadata: { finalizers: ["a", "b", "c"] } }, { metadata: { "$deleteFromPrimitiveList/finalizers": ["b"] } }, { metadata: { finalizers: ["a", "c"] } }],
  ["scalars are ordered", CONFIG_MAP, { metadata: { finalizers: ["a", "b", "c"] } }, { metadata: { "$setElementOrder/finalizers": ["c", "a"] } }, { metadata: { finalizers: ["b", "c", "a"] } }],
  [
    "items are ordered",
    DEPLOYMENT,
    withContainers([{ name: "c" }, { name: "d" }]),
    { spec: { template: { spec: { "$setElementOrder/containers": [{ name: "d" }, { name: "c" }], containers: [{ name: "d", image: "9" }] } } } },
    withContainers([{ name: "d", image: "9" }, { name: "c" }]),
  ],
  ["nulls of what is new are dropped", CONFIG_MAP, {}, { data: { a: null, b: "1" } }, { data: { b: "1" } }],
  ["atomic lists are replaced", DEPLOYMENT, withContainers([{ name: "c", args: ["x", "y"] }]), withContainers([{ name: "c", args: ["z"] }]), withContainers([{ name: "c", args: ["z"] }])],
];
for (const [name, definition, object, patch, expected] of objects) test(name, (t) => t.deepEqual(applyStrategicMergePatch(definition, object, patch), expected));

const refused: [string, JsonMap, number, string][] = [
  ["no merge key", withContainers([{ image: "x" }]), 500, "map: map[image:x] does not contain declared merge key: name"],
  ["a deletion without key", withContainers([{ $patch: "delete" }]), 500, "map: map[$patch:delete] does not contain declared merge key: name"],
  ["a bad directive", withContainers([{ name: "c", $patch: "bogus" }]), 500, "unknown patch type: bogus in map: map[$patch:bogus name:c]"],
  ["a number as directive", withContainers([{ name: "c", $patch: 1 }]), 500, "unknown patch type: %!s(int64=1) in map: map[$patch:1 name:c]"],
  ["mixed items", withContainers(["x"]), 500, "list element types are not identical: [[map[env:[map[name:A value:1] map[name:B value:2]] image:1 name:c ports:[map[containerPort:80]]] map[image:1 name:d]] [x]]"],
  ["an order that contradicts", { spec: { template: { spec: { "$setElementOrder/containers": [{ name: "c" }], containers: [{ name: "d", image: "x" }] } } } }, 500, "The order in patch list:\n[map[image:x name:d]]\n doesn't match $setElementOrder list:\n[map[name:c]]\n"],
  ["an order of scalars for maps", { spec: { template: { spec: { "$setElementOrder/containers": ["c"] } } } }, 500, "value for key 0 is not a map"],
  ["an order that is no list", { spec: { template: { spec: { "$setElementOrder/containers": "c" } } } }, 500, "expected a []interface {}, but received a string"],
  ["an order of nothing known", { "$setElementOrder/nope": ["c"] }, 500, 'unable to find api field in struct Deployment for the json field "nope"'],
  ["retained keys that leave out a set one", { spec: { template: { $retainKeys: ["metadata"], spec: {} } } }, 400, "invalid patch format of retainKeys"],
  ["retained keys that are no list", { spec: { $retainKeys: "x" } }, 400, "invalid patch format of retainKeys"],
];
for (const [name, patch, code, message] of refused) {
  test(`refused: ${name}`, (t) => {
    const error = t.throws(() => applyStrategicMergePatch(DEPLOYMENT, withContainers(containers), patch), { instanceOf: StatusError });
    t.is(error?.message, message);
    t.is(error?.code, code);
  });
}

test("a two-way patch says what changed, in merge form", (t) => {
  const before = withContainers(containers);
  const after = withContainers([{ name: "d", image: "2" }, { ...containers[0], env: [{ name: "A", value: "1" }] }]);
  const patch = createTwoWayPatch(DEPLOYMENT, before, after);
  t.deepEqual(patch, {
    spec: {
      template: {
        spec: {
          "$setElementOrder/containers": [{ name: "d" }, { name: "c" }],
          containers: [
            { name: "d", image: "2" },
            { name: "c", "$setElementOrder/env": [{ name: "A" }], env: [{ name: "B", $patch: "delete" }] },
          ],
        },
      },
    },
  });
  t.deepEqual(applyStrategicMergePatch(DEPLOYMENT, before, patch), after);
});

test("client-side apply: deletes what it no longer says, keeps what others added", (t) => {
  const original = { metadata: { labels: { a: "1", b: "2" } }, ...withContainers([{ name: "c", image: "1" }, { name: "old" }]) };
  const modified = { metadata: { labels: { a: "1" } }, ...withContainers([{ name: "c", image: "2" }]) };
  const current = { metadata: { labels: { a: "1", b: "2", theirs: "x" } }, ...withContainers([{ name: "sidecar" }, { name: "c", image: "1", imagePullPolicy: "Always" }, { name: "old" }]) };
  const patch = createThreeWayPatch(DEPLOYMENT, original, modified, current);
  t.deepEqual(applyStrategicMergePatch(DEPLOYMENT, current, patch), {
    metadata: { labels: { a: "1", theirs: "x" } },
    ...withContainers([{ name: "sidecar" }, { name: "c", image: "2", imagePullPolicy: "Always" }]),
  });
});

test("nothing to change is an empty patch", (t) => {
  const object = { metadata: { labels: { a: "b" } }, ...withContainers(containers) };
  t.deepEqual(createTwoWayPatch(DEPLOYMENT, object, object), {});
  t.deepEqual(createThreeWayPatch(DEPLOYMENT, object, object, { ...object, status: { replicas: 1 } }), {});
});

const names = fc.constantFrom("a", "b", "c", "d");
const env = fc.uniqueArray(fc.record({ name: names, value: fc.constantFrom("1", "2") }), { selector: (item) => item.name, maxLength: 3 });
const container = fc.record({ name: names, image: fc.constantFrom("1", "2"), env, args: fc.array(fc.constantFrom("x", "y"), { maxLength: 2 }) }, { requiredKeys: ["name"] });
const deployment = fc.record({
  metadata: fc.record({ labels: fc.dictionary(names, fc.constantFrom("1", "2"), { maxKeys: 3 }), finalizers: fc.uniqueArray(names, { maxLength: 3 }) }, { requiredKeys: [] }),
  spec: fc.record({
    replicas: fc.integer({ min: 0, max: 3 }),
    template: fc.record({ spec: fc.record({ containers: fc.uniqueArray(container, { selector: (item) => item.name, minLength: 1, maxLength: 4 }) }) }),
  }),
}) as unknown as fc.Arbitrary<JsonMap>;

test("property: a two-way patch turns one object into the other", (t) => {
  fc.assert(
    fc.property(deployment, deployment, (before, after) => {
      t.deepEqual(withoutEmpty(applyStrategicMergePatch(DEPLOYMENT, before, createTwoWayPatch(DEPLOYMENT, before, after))), withoutEmpty(after));
    }),
    { numRuns: 300 },
  );
});

test("property: applying the same configuration twice changes nothing the second time", (t) => {
  fc.assert(
    fc.property(deployment, deployment, deployment, (original, modified, current) => {
      const once = applyStrategicMergePatch(DEPLOYMENT, current, createThreeWayPatch(DEPLOYMENT, original, modified, current));
      const again = applyStrategicMergePatch(DEPLOYMENT, once, createThreeWayPatch(DEPLOYMENT, modified, modified, once));
      t.deepEqual(again, once);
    }),
    { numRuns: 300 },
  );
});

test("long lists cost no square of their length: merged, deleted, ordered", (t) => {
  const names = Array.from({ length: 30_000 }, (_, i) => ({ name: `s${i}` }));
  const podWith = (spec: JsonMap): JsonMap => ({ spec });
  const patches: JsonMap[] = [
    podWith({ imagePullSecrets: names }),
    podWith({ imagePullSecrets: names.map((one) => ({ ...one, $patch: "delete" })) }),
    podWith({ "$setElementOrder/imagePullSecrets": names.toReversed(), imagePullSecrets: names.toReversed() }),
    { metadata: { finalizers: names.map((one) => one.name) } },
  ];
  const before = process.cpuUsage();
  for (const patch of patches) applyStrategicMergePatch("io.k8s.api.core.v1.Pod", { metadata: { finalizers: names.map((one) => one.name) }, spec: { imagePullSecrets: structuredClone(names) } }, patch);
  // A second where it is linear; a minute where it was not.
  t.true(process.cpuUsage(before).user < 15_000_000);
});

/** Deleting every item of a list leaves an empty one, which is as good as none. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, member]) => [key, withoutEmpty(member)] as const);
  return Object.fromEntries(entries.filter(([, member]) => !(Array.isArray(member) && member.length === 0) && !(member !== null && typeof member === "object" && Object.keys(member).length === 0)));
}
