import test from "ava";
import fc from "fast-check";
import { difference, equalSets, fieldSetOf, forEachPath, fromFieldsV1, intersection, recursiveDifference, toFieldsV1, union, type FieldSet } from "./field-set.ts";
import { fieldElement, keyElement, type PathElement, pathText, valueElement } from "./path-element.ts";

const element = fc.oneof(
  fc.constantFrom("a", "b", "c").map(fieldElement),
  fc.constantFrom("x", "y").map((name) => keyElement({ name })),
  fc.constantFrom("v", "w").map(valueElement),
);
const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
const SEPARATOR = "\u0000";

function texts(set: FieldSet): string[] {
  const found: string[] = [];
  forEachPath(set, (path) => found.push(path.join(SEPARATOR)));
  return found.sort();
}

function textsOf(list: readonly (readonly PathElement[])[]): Set<string> {
  return new Set(list.map((path) => path.join(SEPARATOR)));
}

function sorted(list: Iterable<string>): string[] {
  return [...list].sort();
}

test("operations are those of sets of paths", (t) => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const [a, b] = [fieldSetOf(...left), fieldSetOf(...right)];
      const [x, y] = [textsOf(left), textsOf(right)];
      t.deepEqual(texts(a), sorted(x));
      t.deepEqual(texts(union(a, b)), sorted(x.union(y)));
      t.deepEqual(texts(intersection(a, b)), sorted(x.intersection(y)));
      t.deepEqual(texts(difference(a, b)), sorted(x.difference(y)));
      const covered = [...x].filter((path) => ![...y].some((other) => path === other || path.startsWith(other + SEPARATOR)));
      t.deepEqual(texts(recursiveDifference(a, b)), sorted(covered));
      // Operands stay as they were.
      t.deepEqual([texts(a), texts(b)], [sorted(x), sorted(y)]);
    }),
  );
});

test("a set survives fieldsV1, whose elements are in order", (t) => {
  fc.assert(
    fc.property(paths, (list) => {
      const set = fieldSetOf(...list);
      const fieldsV1 = toFieldsV1(set);
      const back = fromFieldsV1(JSON.parse(JSON.stringify(fieldsV1)));
      t.true(back !== undefined && equalSets(set, back));
      t.is(JSON.stringify(toFieldsV1(back as FieldSet)), JSON.stringify(fieldsV1));
    }),
  );
});

test("fieldsV1 orders fields, keys, values, and puts the item itself first", (t) => {
  const set = fieldSetOf(
    [fieldElement("l"), valueElement("b")],
    [fieldElement("l"), keyElement({ protocol: "UDP", port: 53 }), fieldElement("port")],
    [fieldElement("l"), keyElement({ protocol: "UDP", port: 53 })],
    [fieldElement("l"), keyElement({ protocol: "TCP", port: 53 })],
    [fieldElement("l"), valueElement("a")],
    [fieldElement("a")],
  );
  t.is(JSON.stringify(toFieldsV1(set)), '{"f:a":{},"f:l":{"k:{\\"port\\":53,\\"protocol\\":\\"TCP\\"}":{},"k:{\\"port\\":53,\\"protocol\\":\\"UDP\\"}":{".":{},"f:port":{}},"v:\\"a\\"":{},"v:\\"b\\"":{}}}');
});

test("what is no set of fields is told apart", (t) => {
  for (const bad of [null, 1, "x", [], { bogus: {} }, { "f:a": 1 }, { "k:{": {} }, { "k:[]": {} }, { "v:": {} }, { "i:x": {} }]) t.is(fromFieldsV1(bad), undefined, JSON.stringify(bad));
  let deep: Record<string, unknown> = {};
  for (let i = 0; i < 1000; i++) deep = { "f:a": deep };
  t.is(fromFieldsV1(deep), undefined);
});

test("odd names are elements like any other", (t) => {
  const set = fromFieldsV1(JSON.parse('{"f:__proto__":{},"f:constructor":{"f:a":{}},"f:":{}}'));
  t.deepEqual(texts(set as FieldSet), ["f:", "f:__proto__", "f:constructor\u0000f:a"]);
});

test("paths read as Kubernetes prints them", (t) => {
  t.is(pathText([fieldElement("spec"), fieldElement("ports"), keyElement({ port: 80, protocol: "TCP" }), fieldElement("name")]), '.spec.ports[port=80,protocol="TCP"].name');
  t.is(pathText([fieldElement("metadata"), fieldElement("finalizers"), valueElement("a/b")]), '.metadata.finalizers[="a/b"]');
});
