import test from "ava";
import type { KindEntry } from "../kinds/kind.ts";
import { kinds } from "../kinds/index.ts";
import { modelNamesOf, parseModel } from "./descriptions.ts";
import { openapiV2Document, openapiV3Documents } from "./documents.ts";
import { definition } from "../schema/schema.ts";

interface Json {
  [key: string]: Json | string | boolean | readonly Json[];
}
const deployment = kinds.find((entry) => entry.kind === "Deployment") as KindEntry;

test("every reference of a document is defined in it", (t) => {
  const documents = [...openapiV3Documents(kinds, {}).values(), openapiV2Document(kinds, {})];
  for (const document of documents) {
    const text = JSON.stringify(document);
    const schemas = (document as { components?: { schemas: Json }; definitions?: Json }).components?.schemas ?? (document as { definitions: Json }).definitions;
    for (const match of text.matchAll(/"\$ref":"#\/(?:components\/schemas|definitions)\/([^"]+)"/g)) t.true((match[1] ?? "") in schemas, match[1]);
  }
});

test("a kind's schema has its types, extensions and group version kind", (t) => {
  const document = openapiV3Documents([deployment], { "io.k8s.api.apps.v1.DeploymentSpec": { description: "what is wanted", fields: { paused: "held" } } }).get("apis/apps/v1") as { components: { schemas: Record<string, Json> } };
  const { schemas } = document.components;
  t.deepEqual(schemas["io.k8s.api.apps.v1.Deployment"]?.["x-kubernetes-group-version-kind"], [{ group: "apps", version: "v1", kind: "Deployment" }] as never);
  const spec = schemas["io.k8s.api.apps.v1.DeploymentSpec"] as unknown as { description: string; required: string[]; properties: Record<string, Json> };
  t.is(spec.description, "what is wanted");
  t.deepEqual(spec.required, ["selector", "template"]);
  t.deepEqual(spec.properties.paused, { description: "held", type: "boolean" });
  t.deepEqual(spec.properties.replicas, { type: "integer", format: "int32" });
  t.deepEqual(spec.properties.template, { allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.PodTemplateSpec" }], default: {} } as never);
  const podSpec = schemas["io.k8s.api.core.v1.PodSpec"] as unknown as { properties: Record<string, Json> };
  t.is(podSpec.properties.containers?.["x-kubernetes-patch-merge-key"], "name");
  t.is(podSpec.properties.containers?.["x-kubernetes-list-type"], "map");
});

test("writing operations tell that they validate fields; operation ids are unique", (t) => {
  const document = openapiV2Document(kinds, {}) as { paths: Record<string, Record<string, { operationId?: string; parameters?: { name: string }[] }>> };
  const ids = Object.values(document.paths).flatMap((item) => Object.values(item).flatMap((one) => one.operationId ?? []));
  t.deepEqual(ids.filter((id, index) => ids.indexOf(id) !== index), []);
  const patch = document.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]?.patch;
  t.true(patch?.parameters?.some((parameter) => parameter.name === "fieldValidation"));
});

test("descriptions are read out of a model's declaration", (t) => {
  const text = "/**\n* file\n*/\nimport x;\n/**\n* What it is.\n* Second line.\n*/\nexport declare class V1Thing {\n    /**\n    * The first.\n    */\n    '_continue'?: string;\n    'bare': V1Other;\n    /**\n    * The last.\n    */\n    'last'?: string;\n    static readonly x: string;\n}\n";
  t.deepEqual(parseModel(text, "V1Thing"), { description: "What it is.\nSecond line.", fields: { continue: "The first.", last: "The last." } });
  t.is(parseModel(text, "V1Absent"), undefined);
  t.deepEqual(modelNamesOf(definition("io.k8s.api.core.v1.Event")), ["CoreV1Event", "V1Event"]);
});
