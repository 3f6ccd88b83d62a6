import { definition } from "../../api/schema/schema.ts";
import type { SchemaType } from "../../api/schema/types.ts";
import { definitionOf } from "./custom-definitions.ts";
import type { Json } from "./test-client.ts";

/** Deep enough for every part of a pod. */
const MAX_DEPTH = 14;

/** A definition as operators ship them: whole pod templates in its schema, in two versions, hundreds of kilobytes of text. */
export function bigDefinition(plural: string, group = "big.example.com"): Json {
  const schema = {
    type: "object",
    description: "What somebody runs, with all that a pod can have.",
    required: ["spec"],
    properties: {
      spec: {
        type: "object",
        properties: {
          replicas: { type: "integer", format: "int32", default: 1, minimum: 0 },
          template: { type: "object", properties: { metadata: { type: "object", "x-kubernetes-preserve-unknown-fields": true }, spec: schemaOf({ type: "object", definition: "io.k8s.api.core.v1.PodSpec" }, 0) } },
          issuer: { type: "object", required: ["name"], properties: { name: { type: "string", maxLength: 253 }, kind: { type: "string", enum: ["Issuer", "ClusterIssuer"], default: "Issuer" } } },
        },
      },
      status: { type: "object", properties: { replicas: { type: "integer" }, conditions: { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"], items: { type: "object", required: ["type"], properties: { type: { type: "string" }, status: { type: "string" }, message: { type: "string" }, lastTransitionTime: { type: "string", format: "date-time" } } } } } },
    },
  };
  const subresources = { status: {}, scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" } };
  const version = (name: string, storage: boolean) => ({ name, served: true, storage, schema: { openAPIV3Schema: schema }, subresources, additionalPrinterColumns: [{ name: "Replicas", type: "integer", jsonPath: ".spec.replicas" }, { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' }] });
  return definitionOf(plural, { group, versions: [version("v1", true), version("v1beta1", false)] });
}

/** The schema of a built-in type, as tools write it into definitions. */
function schemaOf(type: SchemaType, depth: number): Json {
  switch (type.type) {
    case "boolean":
      return { type: "boolean" };
    case "integer":
      return { type: "integer", format: `int${type.bits}` };
    case "double":
      return { type: "number" };
    case "intOrString":
    case "quantity":
      return { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true };
    case "time":
    case "microTime":
      return { type: "string", format: "date-time" };
    case "list":
      return { type: "array", items: schemaOf(type.items, depth + 1) };
    case "map":
      return { type: "object", additionalProperties: schemaOf(type.values, depth + 1) };
    case "object":
      return depth > MAX_DEPTH ? { type: "object", "x-kubernetes-preserve-unknown-fields": true } : objectSchema(type.definition, depth);
    case "string":
    case "bytes":
      return { type: "string" };
    default:
      return { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  }
}

function objectSchema(name: string, depth: number): Json {
  const { fields } = definition(name);
  const properties = Object.fromEntries(fields.map((field) => [field.name, { ...schemaOf(field.type, depth + 1), description: `${field.name} of a ${name.slice(name.lastIndexOf(".") + 1)}: what it is for, what it may be, and what comes of it when it is left out.`, ...listType(field) }]));
  const required = fields.filter((field) => field.required).map((field) => field.name);
  return { type: "object", properties, ...(required.length > 0 ? { required } : {}) };
}

function listType({ listType: kind, listMapKeys }: { readonly listType?: string; readonly listMapKeys?: readonly string[] }): Json {
  if (kind !== "map" || listMapKeys?.length !== 1) return kind === "atomic" ? { "x-kubernetes-list-type": "atomic" } : {};
  return {};
}
