import test from "ava";
import fc from "fast-check";
import { FieldMatcher, FieldSelectorError, parseFieldSelector } from "./fields.ts";

const object: Record<string, string> = { "metadata.name": "a", "status.phase": "Running", type: "a,b" };
const fieldOf = (field: string) => object[field] ?? "";

const matches: [string, boolean][] = [
  ["", true],
  ["metadata.name=a", true],
  ["metadata.name==a", true],
  ["metadata.name!=a", false],
  ["metadata.name=a,status.phase!=Pending", true],
  ["metadata.name=a,metadata.name=b", false],
  ["type=a\\,b", true],
  ["spec.nodeName=", true],
];
for (const [text, expected] of matches) test(`${text || "nothing"}`, (t) => t.is(parseFieldSelector(text).matches(fieldOf), expected));

test("exact gives what a field must be", (t) => {
  t.is(parseFieldSelector("metadata.name=a,status.phase!=b").exact("metadata.name"), "a");
  t.is(parseFieldSelector("metadata.name!=a").exact("metadata.name"), undefined);
});

const refused: Record<string, string> = {
  "metadata.name": "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
  "a in (b)": "invalid selector: 'a in (b)'; can't understand 'a in (b)'",
  "a=b\\x": "invalid field selector: invalid escape sequence: \\x",
  "a=b=c": "invalid field selector: unescaped character in value: 61",
};
for (const [text, message] of Object.entries(refused)) {
  test(`refused: ${text}`, (t) => {
    t.is(t.throws(() => parseFieldSelector(text), { instanceOf: FieldSelectorError })?.message, message);
  });
}

test("property: the canonical text parses to the same selector", (t) => {
  const field = fc.stringMatching(/^[a-z]{1,3}(\.[a-z]{1,3})?$/);
  const requirement = fc.record({ field, operator: fc.constantFrom("=" as const, "!=" as const), value: fc.string({ maxLength: 5 }) });
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 3 }), (requirements) => {
      const again = parseFieldSelector(new FieldMatcher(requirements).toString());
      const text = (one: unknown) => JSON.stringify(one);
      t.deepEqual(again.requirements.map(text).sort(), requirements.map(text).sort());
    }),
  );
});
