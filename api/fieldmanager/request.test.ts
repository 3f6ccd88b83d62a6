import test from "ava";
import { duplicateWarnings, parseApplyBody } from "./apply-body.ts";
import { managerName } from "./manager-name.ts";
import { managersAfterScale, managersOfScale } from "./scale.ts";

test("the manager of a write is what the query says, or the program's name", (t) => {
  t.is(managerName("m", "curl/8"), "m");
  t.is(managerName("", "my-tool/v1.2 (linux)"), "my-tool");
  t.is(managerName("", "/odd"), "");
  t.is(managerName("", "a\u0007b\u00a0"), "ab");
  t.is(managerName("", "é".repeat(100)).length, 64);
});

function refusal(text: string): string {
  const error = t0(() => parseApplyBody(Buffer.from(text)));
  return error instanceof Error ? error.message : "";
}

function t0(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

test("bodies of apply patches", (t) => {
  t.deepEqual(parseApplyBody(Buffer.from("a: 1\nb: [x]\n")).config, { a: 1, b: ["x"] });
  for (const nothing of ["", "null"]) t.is(parseApplyBody(Buffer.from(nothing)).config, undefined);
  t.is(refusal("{"), "error decoding YAML: error converting YAML to JSON: yaml: line 1: did not find expected node content");
  t.is(refusal("- a\n"), "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}");
  t.is(refusal("text"), "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type map[string]interface {}");
  const twice = parseApplyBody(Buffer.from("z: 1\nz: 2\n"));
  const text = 'error converting YAML to JSON: yaml: unmarshal errors:\n  line 2: key "z" already set in map';
  t.deepEqual([duplicateWarnings(twice, "Ignore"), duplicateWarnings(twice, "Warn")], [[], ['line 2: key "z" already set in map']]);
  t.throws(() => duplicateWarnings(twice, "Strict"), { message: `error strict decoding YAML: ${text}` });
});

const PATHS = { "apps/v1": "spec.replicas" };
const whole = [{ manager: "n0", operation: "Update", apiVersion: "apps/v1", time: "2024-01-01T00:00:00Z", fieldsType: "FieldsV1", fieldsV1: { "f:spec": { "f:paused": {}, "f:replicas": {} } } }];

test("a Scale shows the managers of the replicas, and gives them back", (t) => {
  const shown = managersOfScale(whole, PATHS);
  t.deepEqual(shown, [{ manager: "n0", operation: "Update", apiVersion: "autoscaling/v1", time: "2024-01-01T00:00:00Z", fieldsType: "FieldsV1", fieldsV1: { "f:spec": { "f:replicas": {} } } }]);
  const taken = [{ manager: "n1", operation: "Update", apiVersion: "autoscaling/v1", time: "2024-01-01T00:00:09Z", fieldsType: "FieldsV1", fieldsV1: { "f:spec": { "f:replicas": {} } }, subresource: "scale" }];
  t.deepEqual(managersAfterScale(whole, taken, PATHS, "apps/v1"), [
    { manager: "n1", operation: "Update", apiVersion: "apps/v1", fieldsType: "FieldsV1", fieldsV1: { "f:spec": { "f:replicas": {} } }, subresource: "scale" },
    { manager: "n0", operation: "Update", apiVersion: "apps/v1", time: "2024-01-01T00:00:00Z", fieldsType: "FieldsV1", fieldsV1: { "f:spec": { "f:paused": {} } } },
  ]);
});
