import type { ApiObject } from "../../api/wire.ts";

const int32 = (description: string, minimum?: number) => ({ type: "integer", format: "int32", ...(description && { description }), ...(minimum !== undefined && { minimum }) });

const podGroupSchema = {
  type: "object",
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    spec: {
      type: "object",
      properties: {
        minMember: int32("How many of the group's pods must have a place before any of them gets one.", 1),
        minResources: {
          type: "object",
          description: "Not looked at: the scheduler knows the pods themselves.",
          additionalProperties: { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true },
        },
        scheduleTimeoutSeconds: int32("How long the group may be bound in part (another binder took a place meant for it) before what is bound gives its place back; 60 where absent.", 1),
      },
    },
    status: {
      type: "object",
      properties: { phase: { type: "string" }, occupiedBy: { type: "string" }, running: int32(""), succeeded: int32(""), failed: int32(""), scheduleStartTime: { type: "string", format: "date-time" } },
    },
  },
};

/** Groups of pods that the scheduler places together or not at all; pods name theirs by the label scheduling.x-k8s.io/pod-group. */
const podGroups: ApiObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "podgroups.scheduling.x-k8s.io", annotations: { "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/scheduler-plugins/pull/50" } },
  spec: {
    group: "scheduling.x-k8s.io",
    scope: "Namespaced",
    names: { kind: "PodGroup", listKind: "PodGroupList", plural: "podgroups", singular: "podgroup", shortNames: ["pg", "pgs"] },
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: "Phase", type: "string", jsonPath: ".status.phase" },
          { name: "MinMember", type: "integer", jsonPath: ".spec.minMember" },
          { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
        ],
        schema: { openAPIV3Schema: podGroupSchema },
      },
    ],
  },
};

/** What every cluster has defined from its start; a definition that is there already is left as it is. */
export const bootstrapDefinitions: readonly ApiObject[] = [podGroups];
