import test from "ava";
import { percentOf, scaledValue } from "./int-or-string.ts";

test("a percentage is scaled and rounded as asked, a number stays", (t) => {
  t.is(scaledValue("25%", 10, true), 3);
  t.is(scaledValue("25%", 10, false), 2);
  t.is(scaledValue("0%", 10, true), 0);
  t.is(scaledValue("150%", 3, false), 4);
  t.is(scaledValue(7, 100, true), 7);
});

test("other texts are no percentage", (t) => {
  for (const text of ["5", "%", "a%", "1.5%", "25 %", ""]) t.is(percentOf(text), undefined, text);
  t.is(scaledValue("x", 1, true), undefined);
});
