import test from "ava";
import fc from "fast-check";
import { canonicalBase64 } from "./base64.ts";

const refused: [string, number][] = [
  ["a", 0],
  ["ab", 0],
  ["abc", 0],
  ["YQ=", 3],
  ["YQ=a", 2],
  ["Y===", 1],
  ["=", 0],
  ["YQ==x", 4],
  ["YWJj YWJj", 4],
  ["YWJjé", 4],
  ["YWJjYW", 4],
];
for (const [text, at] of refused) test(`refused: ${text}`, (t) => t.throws(() => canonicalBase64(text), { message: `illegal base64 data at input byte ${at}` }));

test("line breaks and spare bits are dropped", (t) => {
  t.is(canonicalBase64("YW\r\nJj\n"), "YWJj");
  t.is(canonicalBase64("YR=="), "YQ==");
  t.is(canonicalBase64(""), "");
});

test("property: what an encoder writes stays", (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = Buffer.from(bytes).toString("base64");
      t.is(canonicalBase64(text), text);
    }),
  );
});
