import test from "ava";
import { duplicate, fieldErrorBody, fieldErrorsText, fieldErrorText, forbidden, internal, invalid, notFound, notSupported, OMIT_VALUE, RawValue, required, tooLong, tooMany, typeInvalid } from "./field-error.ts";
import { FieldPath, fieldPath } from "./field-path.ts";

test("paths print fields, indices and keys", (t) => {
  t.is(fieldPath("spec", "containers").index(0).child("ports").index(1).child("name").toString(), "spec.containers[0].ports[1].name");
  t.is(fieldPath("metadata", "labels").key("a/b").toString(), "metadata.labels[a/b]");
  t.is(new FieldPath("").toString(), "[]");
  t.is(fieldPath("a").child("b").parent?.toString(), "a");
});

const bodies: [string, ReturnType<typeof required>, string][] = [
  ["required", required("a"), "Required value"],
  ["required with a detail", required("a", "must be there"), "Required value: must be there"],
  ["a text", invalid("a", 'x"y', "is bad"), 'Invalid value: "x\\"y": is bad'],
  ["control characters", invalid("a", "a\u0007\u0000\n", "x"), 'Invalid value: "a\\a\\x00\\n": x'],
  ["a number", invalid("a", -1, "x"), "Invalid value: -1: x"],
  ["nothing", invalid("a", undefined, "x"), "Invalid value: null: x"],
  ["an object", invalid("a", { b: [1] }, "x"), 'Invalid value: {"b":[1]}: x'],
  ["a ready text", invalid("a", new RawValue("[2,1]"), "x"), "Invalid value: [2,1]: x"],
  ["no value", invalid("a", OMIT_VALUE, "x"), "Invalid value: x"],
  ["sorted values", notSupported("a", "c", ["b", "a"]), 'Unsupported value: "c": supported values: "a", "b"'],
  ["duplicate", duplicate("a", 5), "Duplicate value: 5"],
  ["forbidden", forbidden("a", "no"), "Forbidden: no"],
  ["too long", tooLong("a", 63), "Too long: may not be more than 63 bytes"],
  ["too long for one byte", tooLong("a", 1), "Too long: may not be more than 1 byte"],
  ["too many", tooMany("a", 20, 16), "Too many: 20: must have at most 16 items"],
  ["too many of one", tooMany("a", 2, 1), "Too many: 2: must have at most 1 item"],
  ["not found", notFound("a", "v"), 'Not found: "v"'],
  ["type", typeInvalid("a", "v", "must be an integer"), 'Invalid value: "v": must be an integer'],
  ["internal", internal("a", "broken"), "Internal error: broken"],
];

for (const [name, error, body] of bodies) test(`text of an error: ${name}`, (t) => t.is(fieldErrorBody(error), body));

test("several errors stand in brackets, the same text once", (t) => {
  const one = required("a");
  t.is(fieldErrorText(one), "a: Required value");
  t.is(fieldErrorsText([one]), "a: Required value");
  t.is(fieldErrorsText([one, one]), "a: Required value");
  t.is(fieldErrorsText([one, required("b")]), "[a: Required value, b: Required value]");
});
