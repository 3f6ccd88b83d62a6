import test from "ava";
import fc from "fast-check";
import { GoTimeError, isCanonicalMicroTime, isCanonicalTime, parseMicroTime, parseTime } from "./go-time.ts";

const times: [string, string | null][] = [
  ["2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"],
  ["2024-01-01T00:30:00+01:00", "2023-12-31T23:30:00Z"],
  ["2024-01-01T00:00:00.999999999Z", "2024-01-01T00:00:00Z"],
  ["2024-01-01T0:00:00Z", "2024-01-01T00:00:00Z"],
  ["0099-01-01T00:00:00Z", "0099-01-01T00:00:00Z"],
  ["0001-01-01T00:00:00Z", null],
];
for (const [text, expected] of times) test(`time ${text}`, (t) => t.is(parseTime(text), expected));

const LAYOUT = '"2006-01-02T15:04:05Z07:00"';
const refused: [string, string][] = [
  ["", `parsing time "" as ${LAYOUT}: cannot parse "" as "2006"`],
  ["2024", `parsing time "2024" as ${LAYOUT}: cannot parse "" as "-"`],
  ["2024-13-01T00:00:00Z", 'parsing time "2024-13-01T00:00:00Z": month out of range'],
  ["2024-02-30T00:00:00Z", 'parsing time "2024-02-30T00:00:00Z": day out of range'],
  ["2024-01-01T24:00:00Z", 'parsing time "2024-01-01T24:00:00Z": hour out of range'],
  ["2024-01-01T00:60:00Z", 'parsing time "2024-01-01T00:60:00Z": minute out of range'],
  ["2024-01-01 00:00:00Z", `parsing time "2024-01-01 00:00:00Z" as ${LAYOUT}: cannot parse " 00:00:00Z" as "T"`],
  ["2024-01-01T00:00:00", `parsing time "2024-01-01T00:00:00" as ${LAYOUT}: cannot parse "" as "Z07:00"`],
  ["2024-01-01T00:00:00Zx", 'parsing time "2024-01-01T00:00:00Zx": extra text: "x"'],
];
for (const [text, message] of refused) {
  test(`refused: ${JSON.stringify(text)}`, (t) => {
    t.is(t.throws(() => parseTime(text), { instanceOf: GoTimeError })?.message, message);
  });
}

test("micro-times have six digits", (t) => {
  t.is(parseMicroTime("2024-01-01T00:00:00.123456+01:00"), "2023-12-31T23:00:00.123456Z");
  t.is(parseMicroTime("0001-01-01T00:00:00.000000Z"), null);
  t.throws(() => parseMicroTime("2024-01-01T00:00:00.1234567Z"), { message: /cannot parse "7Z" as "Z07:00"/ });
});

test("property: what is canonical is read as it stands, and what is read is canonical", (t) => {
  fc.assert(
    fc.property(fc.date({ min: new Date("0002-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }), (date) => {
      const text = `${date.toISOString().slice(0, 19)}Z`;
      t.true(isCanonicalTime(text));
      t.is(parseTime(text), text);
      t.true(isCanonicalMicroTime(`${text.slice(0, -1)}.000001Z`));
    }),
  );
});

test("property: nothing is canonical that is not read as it stands", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."0123456789-T:Z."), minLength: 20, maxLength: 20 }), (text) => {
      if (isCanonicalTime(text)) t.is(parseTime(text), text);
      else t.pass();
    }),
  );
});
