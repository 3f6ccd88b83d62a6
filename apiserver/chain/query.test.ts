import test from "ava";
import { Query } from "./query.ts";

test("a query is read as Go reads it: pairs with a semicolon or a malformed escape are not there", (t) => {
  const query = Query.parse("a=x%20y+z&a=2&b=%zz&%=1&c=%%&d=1;e=2&f=%C3%28&g");
  t.deepEqual([...query.names()], ["a", "f", "g"]);
  t.deepEqual(query.all("a"), ["x y z", "2"]);
  t.is(query.get("g"), "");
});
