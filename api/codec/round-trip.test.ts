import test from "ava";
import fc from "fast-check";
import { kindDefinitions } from "../schema/schema.ts";
import { arbitraryObject } from "../testing/arbitrary-object.ts";
import { decodeTree } from "./json-decode.ts";
import { decodeJson, encodeObject, tryDecode } from "./json.ts";
import { parseJsonTree } from "./json-tree.ts";
import { decodeProtobuf, encodeProtobuf } from "./protobuf.ts";

const RUNS = 12;

const objects = kindDefinitions()
  .filter((definition) => definition.protobuf && definition.kind !== undefined)
  .map((definition) => {
    const { group, version, kind } = definition.kind!;
    const type = { kind, apiVersion: group === "" ? version : `${group}/${version}` };
    return { definition, arbitrary: arbitraryObject(definition.name).map((object) => ({ ...type, ...object })) };
  });

test("there are objects of every kind", (t) => {
  t.true(objects.length > 130);
});

test("a normalised object survives JSON", (t) => {
  for (const { definition, arbitrary } of objects) {
    fc.assert(
      fc.property(arbitrary, (object) => {
        const text = encodeObject(definition.name, object);
        const decoded = decodeJson(definition.name, text, "Strict").object;
        t.is(encodeObject(definition.name, decoded), text);
        t.deepEqual(decoded as unknown, object as unknown);
      }),
      { numRuns: RUNS },
    );
  }
});

test("both decoders agree where the fast one answers", (t) => {
  let answered = 0;
  for (const { definition, arbitrary } of objects) {
    fc.assert(
      fc.property(arbitrary, (object) => {
        const text = encodeObject(definition.name, object);
        const fast = tryDecode(definition.name, text);
        if (fast === undefined) return;
        answered++;
        t.deepEqual(fast, decodeTree(definition.name, parseJsonTree(text), text).object);
      }),
      { numRuns: RUNS },
    );
  }
  t.true(answered > 100, `the fast decoder answered ${answered} times`);
});

test("a normalised object survives JSON → protobuf → JSON", (t) => {
  for (const { definition, arbitrary } of objects) {
    fc.assert(
      fc.property(arbitrary, (object) => {
        const bytes = encodeProtobuf(definition.name, object);
        const back = decodeProtobuf(bytes, () => definition.name);
        t.is(encodeObject(definition.name, back.object), encodeObject(definition.name, object, "asStored"));
        t.deepEqual(Buffer.from(encodeProtobuf(definition.name, back.object)), Buffer.from(bytes));
      }),
      { numRuns: RUNS },
    );
  }
});
