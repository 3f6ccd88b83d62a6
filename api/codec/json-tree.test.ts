import test from "ava";
import fc from "fast-check";
import { JsonSyntaxError, parseJsonTree } from "./json-tree.ts";
import { nodeToValue } from "./raw.ts";

const refused: [string, string][] = [
  ["", "unexpected end of JSON input"],
  ["{", "unexpected end of JSON input"],
  ['{"a":}', "invalid character '}' looking for beginning of value"],
  ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 2}', "invalid character '2' after object key:value pair"],
  ["[1 2]", "invalid character '2' after array element"],
  ["not json", "invalid character 'o' in literal null (expecting 'u')"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12x4"', "invalid character 'x' in \\u hexadecimal character escape"],
  ['"\n"', "invalid character '\\n' in string literal"],
  ['{"a":\u0001}', "invalid character '\\x01' looking for beginning of value"],
  ["\ufeff{}", "invalid character 'ï' looking for beginning of value"],
  ["{} {}", "invalid character '{' after top-level value"],
  ["1.x", "invalid character 'x' after decimal point in numeric literal"],
  ["-x", "invalid character 'x' in numeric literal"],
  ["1ex", "invalid character 'x' in exponent of numeric literal"],
  ["01", "invalid character '1' after top-level value"],
];
for (const [text, message] of refused) {
  test(`refused: ${JSON.stringify(text)}`, (t) => {
    t.is(t.throws(() => parseJsonTree(text), { instanceOf: JsonSyntaxError })?.message, message);
  });
}

test("nesting is followed to the bound without recursion", (t) => {
  t.notThrows(() => parseJsonTree("[".repeat(10_000) + "]".repeat(10_000)));
  t.throws(() => parseJsonTree("[".repeat(10_001)), { message: "exceeded max depth" });
  t.throws(() => parseJsonTree('{"a":'.repeat(1_000_000)), { message: "exceeded max depth" });
});

test("property: what JSON.stringify writes is read as JSON.parse reads it", (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 1), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      t.deepEqual(JSON.stringify(nodeToValue(parseJsonTree(text)), (_key, member) => (typeof member === "bigint" ? Number(member) : member)), JSON.stringify(JSON.parse(text)));
    }),
  );
});

test("property: texts are JSON for both or for neither", (t) => {
  const accepts = (parse: (text: string) => unknown, text: string) => {
    try {
      parse(text);
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."{}[]:,\"\\ue1.-0 tnf"), maxLength: 10 }), (text) => {
      t.is(accepts(parseJsonTree, text), accepts(JSON.parse, text), text);
    }),
    { numRuns: 3000 },
  );
});
