import test from "ava";
import fc from "fast-check";
import type { PatchMediaType } from "../codec/negotiate.ts";
import { StatusError } from "../status/errors.ts";
import type { ApiObject } from "../wire.ts";
import { managersApart } from "./managers-apart.ts";
import { type PatchRequest, patchObject } from "./patch.ts";

const managedFields = [{ manager: "m", operation: "Update", apiVersion: "v1", time: "2024-01-01T00:00:00Z", fieldsType: "FieldsV1", fieldsV1: { "f:data": { "f:k": {} } } }];
const object: ApiObject = { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a", uid: "u", labels: { k: "v" }, finalizers: ["x/y"], managedFields }, data: { k: "v" } };

const TYPES = ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"] as const;

function outcome(type: PatchRequest["type"], body: string): unknown {
  try {
    const { object: result, warnings } = patchObject({ definition: "io.k8s.api.core.v1.ConfigMap", kind: "ConfigMap", apiVersion: "v1", object, type, body: Buffer.from(body), validation: "Warn" });
    return { result, warnings };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return error.status;
  }
}

const value = fc.constantFrom<unknown>("v", "", null, 5, {}, { k: "w", q: null }, { name: "a" }, { name: "b" }, [], ["x/y"], [{}], managedFields, { $patch: "replace", name: "a" }, { $retainKeys: ["name"], name: "a" });
const mapPatch = fc.dictionary(fc.constantFrom("data", "metadata", "kind", "apiVersion", "$patch", "bogus"), fc.oneof(value, fc.dictionary(fc.constantFrom("labels", "finalizers", "name", "managedFields", "resourceVersion", "$patch", "k"), value)), { maxKeys: 3 });
const path = fc.constantFrom("", "/", "/metadata", "/metadata/", "/metadata/managedFields", "/metadata/managedFields/0", "/metadata/managedFields/-", "/metadata/labels", "/metadata/labels/k", "/metadata/name", "/data", "/data/k", "/data/q");
const operation = fc.record({ op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test"), path, from: path, value }, { requiredKeys: ["op", "path"] });

test("whether managedFields take part or not, a patch ends alike", (t) => {
  let apart = 0;
  const check = (type: PatchRequest["type"], body: string) => {
    if (managersApart(object, type, body) !== undefined) apart++;
    // The same patch to JSON, but not to those who look at its text.
    const escaped = body.replaceAll("data", "d\\u0061ta").replaceAll("op", "\\u006fp");
    t.deepEqual(outcome(type, body), outcome(type, escaped), `${type} ${body}`);
  };
  fc.assert(fc.property(fc.constantFrom(...TYPES), mapPatch, (type, patch) => check(type, JSON.stringify(patch))), { numRuns: 600 });
  fc.assert(fc.property(fc.array(operation, { maxLength: 3 }), (operations) => check("application/json-patch+json", JSON.stringify(operations))), { numRuns: 600 });
  t.true(apart > 200, `${apart}`);
});

test("what may be about managers, or hide it, takes the whole object", (t) => {
  const whole = (type: PatchMediaType, body: string) => t.is(managersApart(object, type, body), undefined, body);
  for (const type of TYPES) for (const body of ['{"metadata":{"managedFields":[{}]}}', '{"m\\u0065tadata":null}']) whole(type, body);
  for (const body of ['[{"op":"replace","path":"","value":{}}]', '[{"op":"copy","from":"/metadata","path":"/data"}]']) whole("application/json-patch+json", body);
  whole("application/strategic-merge-patch+json", '{"$patch":"replace"}');
  t.is(managersApart(object, "application/merge-patch+json", '{"data":null}')?.metadata.managedFields, undefined);
  t.is(object.metadata.managedFields, managedFields as never);
});
