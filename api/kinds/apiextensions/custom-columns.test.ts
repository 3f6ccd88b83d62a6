import test from "ava";
import { customColumns } from "./custom-columns.ts";

const object = { apiVersion: "a/v1", kind: "A", metadata: { name: "n", creationTimestamp: "2024-01-01T00:00:00Z" }, spec: { a: { o: 1 }, n: 5, f: 1.5, l: [1, 2], m: [{ k: "x", v: "found" }], big: 9007199254740993n } };
const now_ms = Date.parse("2024-01-02T00:00:00Z");

test("Cells are the first value of the column's path, as its type has it", (t) => {
  const columns = customColumns([
    { name: "A", type: "string", jsonPath: ".spec.a" },
    { name: "N", type: "integer", jsonPath: ".spec.n" },
    { name: "F", type: "number", jsonPath: ".spec.f" },
    { name: "L", type: "string", jsonPath: ".spec.l[*]" },
    { name: "M", type: "string", jsonPath: '.spec.m[?(@.k=="x")].v' },
    { name: "Big", type: "string", jsonPath: ".spec.big" },
    { name: "Below", type: "string", jsonPath: ".spec.n.none" },
    { name: "Wrong", type: "integer", jsonPath: ".spec.a" },
    { name: "When", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ]);
  t.deepEqual(
    columns.map((column) => column.cell(object, now_ms)),
    ["n", '{"o":1}', 5, 1.5, "1", "found", "9007199254740993", null, null, "24h"],
  );
});

test("A path that cannot be read leaves the columns of a definition that names none", (t) => {
  t.deepEqual(
    customColumns([{ name: "A", type: "string", jsonPath: ".spec[" }]).map(({ name }) => name),
    ["Name", "Age"],
  );
});
