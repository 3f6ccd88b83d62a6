import { BOOL, type CelType, DYN, INT, listOf, mapOf, type ObjectType, STRING, TIMESTAMP } from "../../cel/types.ts";

/** `variables` of a policy: it grows by each variable. */
export interface VariablesType extends ObjectType {
  readonly fields: Map<string, CelType>;
}

export function variablesType(): VariablesType {
  return { kind: "object", name: "kubernetes.variables", fields: new Map() };
}

/** A variable's type for the expressions after it: what is neither simple nor a list or map of such is anything. */
export function variableType(type: CelType): CelType {
  switch (type.kind) {
    case "list":
      return listOf(variableType(type.element));
    case "map":
      return mapOf(variableType(type.key), variableType(type.value));
    case "object":
    case "opaque":
    case "type":
    case "param":
    case "error":
      return DYN;
    default:
      return type;
  }
}

function object(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  return { kind: "object", name, fields: new Map(Object.entries(fields)) };
}

const texts = listOf(STRING);
const groupVersionKind = object("kubernetes.GroupVersionKind", { group: STRING, version: STRING, kind: STRING });
const groupVersionResource = object("kubernetes.GroupVersionResource", { group: STRING, version: STRING, resource: STRING });
const userInfo = object("kubernetes.UserInfo", { username: STRING, uid: STRING, groups: texts, extra: mapOf(STRING, texts) });

/** What `request` is: an AdmissionRequest without its uid and its objects. */
export const REQUEST = object("kubernetes.AdmissionRequest", {
  kind: groupVersionKind,
  resource: groupVersionResource,
  subResource: STRING,
  requestKind: groupVersionKind,
  requestResource: groupVersionResource,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo,
  dryRun: BOOL,
  options: DYN,
});

const namespaceMetadata = object("kubernetes.NamespaceMetadata", {
  name: STRING,
  generateName: STRING,
  namespace: STRING,
  labels: mapOf(STRING, STRING),
  annotations: mapOf(STRING, STRING),
  UID: STRING,
  creationTimestamp: TIMESTAMP,
  deletionGracePeriodSeconds: INT,
  deletionTimestamp: TIMESTAMP,
  generation: INT,
  resourceVersion: STRING,
  finalizers: texts,
});
const namespaceCondition = object("kubernetes.NamespaceCondition", { status: STRING, type: STRING, lastTransitionTime: TIMESTAMP, message: STRING, reason: STRING });

/** What `namespaceObject` is: some of a Namespace. */
export const NAMESPACE = object("kubernetes.Namespace", {
  metadata: namespaceMetadata,
  spec: object("kubernetes.NamespaceSpec", { finalizers: texts }),
  status: object("kubernetes.NamespaceStatus", { conditions: listOf(namespaceCondition), phase: STRING }),
});
