import test from "ava";
import type { ApiObject } from "../../api/wire.ts";
import { keepReadableManagers } from "./admitted-managers.ts";

const good = [{ manager: "m", operation: "Update", apiVersion: "v1", time: "2024-01-01T00:00:00Z", fieldsType: "FieldsV1", fieldsV1: { "f:data": {} } }];

function after(managedFields: unknown): { object: ApiObject; warnings: string[] } {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", ...(managedFields === undefined ? {} : { managedFields }) } } as ApiObject;
  const warnings: string[] = [];
  keepReadableManagers(object, good, warnings);
  return { object, warnings };
}

test("what admission leaves readable stays", (t) => {
  for (const managedFields of [good, structuredClone(good), [], undefined]) {
    const { object, warnings } = after(managedFields);
    t.deepEqual([object.metadata.managedFields, warnings], [managedFields as never, []]);
  }
});

test("what it spoils is as before, with a warning", (t) => {
  for (const [entry, fault] of [
    [{ ...good[0], operation: "Bogus" }, "operation must be `Apply` or `Update`"],
    [{ ...good[0], apiVersion: "" }, "apiVersion must not be empty"],
    [{ ...good[0], fieldsV1: { nope: {} } }, "invalid fieldsV1 in managed fields entry 0"],
  ] as const) {
    const { object, warnings } = after([entry]);
    t.is(object.metadata.managedFields, good as never);
    t.deepEqual(warnings, [`.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${fault}`]);
  }
});
