import test from "ava";
import { definition, definitionNames, definitionOfKind, fieldOf, isBuiltInGroupVersion, kindDefinitions } from "./schema.ts";
import type { SchemaType } from "./types.ts";

const POD = "io.k8s.api.core.v1.Pod";

test("a field carries all that the table says", (t) => {
  const ports = fieldOf(definition("io.k8s.api.core.v1.Container"), "ports");
  t.like(ports, { listType: "map", listMapKeys: ["containerPort", "protocol"], patchMergeKey: "containerPort", patchStrategy: ["merge"], protobuf: [6], always: false });
  t.deepEqual(ports?.type, { type: "list", items: { type: "object", definition: "io.k8s.api.core.v1.ContainerPort" } });
  t.like(fieldOf(definition("io.k8s.api.core.v1.Volume"), "emptyDir"), { pointer: true, protobuf: [2, 2], embedded: ["VolumeSource"] });
  t.like(fieldOf(definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"), "creationTimestamp"), { omitzero: true, type: { type: "time" } });
});

test("kinds are found by group, version and name", (t) => {
  t.is(definitionOfKind("", "v1", "Pod")?.name, POD);
  t.is(definitionOfKind("apps", "v1", "Deployment")?.name, "io.k8s.api.apps.v1.Deployment");
  t.is(definitionOfKind("apps", "v1", "Pod"), undefined);
  t.is(definitionOfKind("", "v1", "DeleteOptions")?.name, "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions");
  t.is(definitionOfKind("apps", "v1", "DeleteOptions")?.name, "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions");
  t.is(definitionOfKind("example.com", "v1", "DeleteOptions"), undefined);
  t.true(isBuiltInGroupVersion("apps", "v1"));
  t.false(isBuiltInGroupVersion("apps", "v1beta1"));
  t.deepEqual(definition(POD).kind, { group: "", version: "v1", kind: "Pod" });
  t.true(kindDefinitions().length > 100);
});

test("an unknown name says so", (t) => {
  t.is(t.throws(() => definition("io.k8s.Nope"))?.message, "no definition is named io.k8s.Nope");
});

test("every definition parses and refers only to definitions that are there", (t) => {
  const names = new Set(definitionNames());
  const check = (type: SchemaType, where: string): void => {
    if (type.type === "object") t.true(names.has(type.definition), `${where}: ${type.definition}`);
    else if (type.type === "list") check(type.items, where);
    else if (type.type === "map") check(type.values, where);
  };
  for (const name of names) for (const field of definition(name).fields) check(field.type, `${name}.${field.name}`);
  t.true(names.size > 550);
});

test("merge keys are fields of the items", (t) => {
  for (const name of definitionNames()) {
    for (const field of definition(name).fields) {
      if (field.type.type !== "list" || field.type.items.type !== "object") continue;
      const items = definition(field.type.items.definition);
      for (const key of [...(field.listMapKeys ?? []), ...(field.patchMergeKey === undefined ? [] : [field.patchMergeKey])]) t.truthy(fieldOf(items, key), `${name}.${field.name}: ${key}`);
    }
  }
});
