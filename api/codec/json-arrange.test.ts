import test from "ava";
import fc from "fast-check";
import { kindDefinitions } from "../schema/schema.ts";
import { arbitraryObject } from "../testing/arbitrary-object.ts";
import { quickEncoder } from "./json-arrange.ts";
import { encoderOf } from "./json-encode.ts";

const POD_SPEC = "io.k8s.api.core.v1.PodSpec";
const FORMS = ["asGiven", "asStored"] as const;

function quick(definition: string, value: unknown, form: (typeof FORMS)[number] = "asStored"): string | undefined {
  return quickEncoder({ type: "object", definition }, form)?.(value);
}

/** The same with the members of every object in another order, and with some that say nothing. */
function disordered(value: unknown, turn: number): unknown {
  if (Array.isArray(value)) return value.map((item) => disordered(item, turn));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, member]) => [key, disordered(member, turn)] as const);
  const turned = turn % 2 === 0 ? entries.reverse() : [...entries.slice(turn % 5), ...entries.slice(0, turn % 5)];
  return Object.fromEntries(turned);
}

test("what is encoded the quick way is what the slow way gives", (t) => {
  let answered = 0;
  for (const { name, kind } of kindDefinitions()) {
    if (kind === undefined) continue;
    fc.assert(
      fc.property(arbitraryObject(name), fc.nat(20), (object, turn) => {
        const given = disordered(object, turn);
        const before = structuredClone(given);
        for (const form of FORMS) {
          const text = quick(name, given, form);
          if (text === undefined) continue;
          answered++;
          t.is(text, encoderOf(name, form)(given));
        }
        t.deepEqual(given, before);
      }),
      { numRuns: 10 },
    );
  }
  t.true(answered > 500, `${answered}`);
});

test("what stands in order already is printed as it is", (t) => {
  const spec = { containers: [{ name: "a", image: "b", resources: {} }], restartPolicy: "Always" };
  t.is(quick(POD_SPEC, spec), JSON.stringify(spec));
});

test("fields are brought into order, empty ones left out, those that are always written put in", (t) => {
  const spec = { restartPolicy: "Always", unknown: 1, volumes: [], nodeName: "", tolerations: undefined, containers: [{ image: "b", name: "a" }], hostUsers: null, nodeSelector: { b: "1", a: "2" } };
  t.is(quick(POD_SPEC, spec), '{"containers":[{"name":"a","image":"b","resources":{}}],"restartPolicy":"Always","nodeSelector":{"a":"2","b":"1"}}');
  t.is(quick(POD_SPEC, {}), '{"containers":null}');
});

test("texts are escaped as Go does it", (t) => {
  const spec = { containers: [{ name: "a", args: ["<&>\u2028\u2029", '"\\\n\u0001', "é😀"], resources: {} }] };
  t.is(quick(POD_SPEC, spec), encoderOf(POD_SPEC, "asStored")(spec));
  t.true(quick(POD_SPEC, spec)?.includes("\\u003c\\u0026\\u003e\\u2028\\u2029"));
});

const doubtful: [string, string, unknown][] = [
  ["half a surrogate pair", POD_SPEC, { hostname: "\ud800" }],
  ["an integer beyond 2^53", POD_SPEC, { activeDeadlineSeconds: 9007199254740993n }],
  ["names that are numbers, out of order", POD_SPEC, { nodeSelector: { a: "1", 10: "2", 9: "3" } }],
  ["a map's __proto__, out of order", POD_SPEC, JSON.parse('{"nodeSelector":{"b":"1","__proto__":"2"}}')],
  ["names beyond U+D800", POD_SPEC, { nodeSelector: { "\uffff": "1", "😀": "2" } }],
  ["managers' fields", "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", { managedFields: [{ fieldsV1: { "f:a": {} } }] }],
  ["no bytes, as they come back from the store", "io.k8s.api.core.v1.Secret", { data: { a: null } }],
  ["null in a list of objects", POD_SPEC, { containers: [null] }],
];
for (const [what, definition, value] of doubtful) {
  test(`the slow way decides about ${what}`, (t) => {
    t.is(quick(definition, value), undefined);
    // Nothing is left of the doubt.
    t.is(quick(POD_SPEC, {}), '{"containers":null}');
  });
}
