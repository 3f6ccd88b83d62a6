import test from "ava";
import fc from "fast-check";
import { canonicalQuantity, compareQuantities, hasFraction, Quantity, QuantityError, quantityMilli, quantityValue } from "./quantity.ts";

const canonical: Record<string, string> = {
  "0": "0",
  "0Gi": "0",
  "1000m": "1",
  "1500m": "1500m",
  "0.5": "500m",
  "5.5": "5500m",
  "-1.5": "-1500m",
  "+5": "+5",
  "+10.5": "10500m",
  "005": "005",
  "1.500": "1.500",
  "1.000": "1",
  "0.500": "500m",
  "+1Ki": "+1Ki",
  "+8Ki": "8Ki",
  "1E0": "1E0",
  "+1e1": "10",
  "1e-1": "100e-3",
  "+1234567890123456789": "1234567890123456789",
  "100M": "100M",
  "1024Mi": "1Gi",
  "1.5Gi": "1536Mi",
  "0.5Ki": "512",
  "0.1Ki": "102400m",
  "1.1Ki": "1126400m",
  "-1Ki": "-1Ki",
  "9Ei": "9223372036854775807",
  "1e3": "1e3",
  "1e+3": "1e+3",
  "12E6": "12E6",
  "1E": "1E",
  "2500000000n": "2500m",
  "0.0000000001": "1n",
  "1.G": "1.G",
  ".5": "500m",
};
for (const [text, expected] of Object.entries(canonical)) test(`canonical form of ${text}`, (t) => t.is(canonicalQuantity(text), expected));

const FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const refused: Record<string, string> = {
  "": FORMAT,
  abc: FORMAT,
  "1.5.5Gi": FORMAT,
  "1GB": FORMAT,
  " 1": FORMAT,
  "1 Gi": FORMAT,
  "1i": "unable to parse quantity's suffix",
  "1e": "unable to parse quantity's suffix",
  "1KiB": FORMAT,
  "1e9999999": "unable to parse quantity's suffix",
};
for (const [text, message] of Object.entries(refused)) {
  test(`refused: ${JSON.stringify(text)}`, (t) => {
    t.is(t.throws(() => Quantity.parse(text), { instanceOf: QuantityError })?.message, message);
  });
}

test("fractions are told to the thousandth, within int64", (t) => {
  const fractions = ["1500m", "1.0001", "1", "1.9999", "100000000000001", "1E", "-1E", "0"].filter((text) => hasFraction(text));
  t.deepEqual(fractions, ["1500m", "1.0001"]);
});

test("a megabyte of digits is refused at once", (t) => {
  t.throws(() => Quantity.parse("9".repeat(1_000_000)), { instanceOf: QuantityError });
});

test("values are rounded up, away from zero", (t) => {
  t.is(quantityValue("1500m"), 2);
  t.is(quantityValue("-1500m"), -2);
  t.is(quantityMilli("100u"), 1);
  t.is(quantityMilli("2"), 2000);
  t.is(quantityValue("1Gi"), 2 ** 30);
  t.is(Quantity.parse("10e30").value(), 2n ** 63n - 1n);
});

test("the format of a sum is that of the first that is not zero", (t) => {
  t.is(Quantity.parse("0").add(Quantity.parse("1Gi")).toString(), "1Gi");
  t.is(Quantity.parse("1Gi").add(Quantity.parse("1M")).toString(), "1074741824");
  t.is(Quantity.parse("1").sub(Quantity.parse("100m")).toString(), "900m");
});

const quantities = fc
  .tuple(fc.integer({ min: -99999, max: 99999 }), fc.constantFrom("", "n", "u", "m", "k", "M", "G", "T", "P", "Ki", "Mi", "Gi", "Ti", "e3", "e-6", ".25", ".125Mi"))
  .map(([amount, suffix]) => `${amount}${suffix}`);

test("property: canonical text is stable and of the same amount", (t) => {
  fc.assert(
    fc.property(quantities, (text) => {
      const once = canonicalQuantity(text);
      t.is(canonicalQuantity(once), once);
      t.is(compareQuantities(text, once), 0);
    }),
  );
});

test("property: addition and subtraction undo each other, order agrees with the sign of the difference", (t) => {
  fc.assert(
    fc.property(quantities, quantities, (a, b) => {
      const [x, y] = [Quantity.parse(a), Quantity.parse(b)];
      t.is(x.add(y).sub(y).compare(x), 0);
      t.is(x.compare(y), x.sub(y).sign());
    }),
  );
});

test("property: thousandths agree with whole units", (t) => {
  fc.assert(
    fc.property(fc.maxSafeInteger().filter((n) => Math.abs(n) < 2 ** 43), (n) => {
      t.is(Quantity.fromNumber(n).milliValue(), BigInt(n) * 1000n);
      t.is(Quantity.fromMilli(n).value(), n >= 0 ? (BigInt(n) + 999n) / 1000n : -((BigInt(-n) + 999n) / 1000n));
    }),
  );
});
