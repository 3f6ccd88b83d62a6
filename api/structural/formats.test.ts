import test from "ava";
import { knownFormat, matchesFormat } from "./formats.ts";
import { parseGoDuration, parseOpenApiDuration } from "./open-api-duration.ts";

/** Format, what it takes, what it refuses. */
const formats: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["bsonobjectid", ["507f1f77bcf86cd799439011"], ["507f1f77"]],
  ["byte", ["aGk=", "aGVsbG8h"], ["!!", "aGk"]],
  ["cidr", ["10.0.0.0/8", "fd00::/8"], ["10.0.0.0", "10.0.0.0/33"]],
  ["creditcard", ["4111111111111111", "5500 0000 0000 0004"], ["4111111111111112", "1234"]],
  ["date", ["2024-02-29", "1999-12-31"], ["2023-02-29", "2024-13-01", "24-01-01"]],
  ["date-time", ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.123+01:00", "2024-01-01t00:00:00z"], ["2024-01-01", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00"]],
  ["duration", ["5m", "1h30m", "-1.5s", "5 minutes", "2 days"], ["5 parsecs", "", "x"]],
  ["email", ["a@b.c", "Name <a.b@c.d>", "a+b@c"], ["a", "@b", "a b@c"]],
  ["hexcolor", ["#fff", "A0B1C2"], ["#ffff", "red"]],
  ["hostname", ["a", "a-b.example.com", "a-", "ä.de"], ["a_b!", "-a", "a..b", "a".repeat(64), "xn--a", "a.b", "1.2.3.4"]],
  ["ipv4", ["10.0.0.1", "010.0.0.1", "::ffff:1.2.3.4"], ["10.0.0.256", "::1"]],
  ["ipv6", ["::1", "fe80::1"], ["10.0.0.1", ":::"]],
  ["isbn10", ["0306406152", "080442957X"], ["0306406153"]],
  ["isbn13", ["9780306406157"], ["9780306406158"]],
  ["k8s-long-name", ["a.b-c"], ["A", "a_b"]],
  ["k8s-short-name", ["a-b"], ["a.b"]],
  ["mac", ["00:1a:2b:3c:4d:5e", "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e"], ["00:1a:2b:3c:4d", "00:1a-2b:3c:4d:5e"]],
  ["password", ["anything"], []],
  ["rgbcolor", ["rgb(1, 2,255)"], ["rgb(1,2)", "rgb(1,2,256)"]],
  ["ssn", ["123-45-6789", "123 45 6789"], ["12-345-6789", "123456789"]],
  ["uri", ["http://example.com/a?b=c", "/absolute", "mailto:a@b.c"], ["a b", "relative/path", "http://a b", "%zz"]],
  ["uuid", ["123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"], ["x", "123e4567-e89b-12d3-a456-42661417400"]],
  ["uuid4", ["f47ac10b-58cc-4372-a567-0e02b2c3d479"], ["f47ac10b-58cc-3372-a567-0e02b2c3d479"]],
];

for (const [format, taken, refused] of formats) {
  test(`Format ${format}`, (t) => {
    const known = knownFormat(format);
    t.not(known, "");
    for (const text of taken) t.true(matchesFormat(known, text), text);
    for (const text of refused) t.false(matchesFormat(known, text), text);
  });
}

test("Formats that Kubernetes does not look at are none", (t) => {
  for (const format of ["", "regex", "json-pointer", "constructor", undefined]) t.is(knownFormat(format), "");
});

test("No format takes longer than its text", (t) => {
  const hostile = ["a".repeat(100_000), `${"a.".repeat(50_000)}!`, `${"1".repeat(100_000)}h`, `${"1h".repeat(50_000)}x`, `a@${"b.".repeat(50_000)}@`, `<${"<".repeat(50_000)}`, `${"=".repeat(100_000)}`, "-".repeat(100_000)];
  for (const [format] of formats) for (const text of hostile) matchesFormat(knownFormat(format), text);
  t.pass();
});

test("Durations as Go and go-openapi read them, in nanoseconds", (t) => {
  t.is(parseGoDuration("1h30m0.5s"), 5_400_500_000_000n);
  t.is(parseGoDuration("-1.5ms"), -1_500_000n);
  t.is(parseGoDuration("0"), 0n);
  t.is(parseGoDuration("2562047h47m16.854775807s"), 2n ** 63n - 1n);
  for (const text of ["", "1", "h", "1x", ".s", "2562048h", "1 h"]) t.is(parseGoDuration(text), undefined, text);
  t.is(parseOpenApiDuration("2 weeks"), 14n * 86_400_000_000_000n);
});
