import { validateFlowSchema, validateFlowSchemaStatusUpdate } from "../../validation/flowcontrol/flow-schema.ts";
import type { FlowSchema } from "../../wire.ts";
import { ageColumn, column, NONE, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { specAndStatus, statusOnly } from "../strategies.ts";

const DEFAULT_PRECEDENCE = 1000;

export const flowSchema = defineKind<FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  plural: "flowschemas",
  namespaced: false,
  definition: "io.k8s.api.flowcontrol.v1.FlowSchema",
  subresources: {
    status: statusSubresource("FlowSchema", { ...statusOnly<FlowSchema>("metadata"), validateUpdate: validateFlowSchemaStatusUpdate }),
  },
  strategy: {
    applyDefaults(schema) {
      if (schema.spec) schema.spec.matchingPrecedence ||= DEFAULT_PRECEDENCE;
    },
    ...specAndStatus<FlowSchema>("io.k8s.api.flowcontrol.v1.FlowSchemaSpec"),
    validate: validateFlowSchema,
    validateUpdate: validateFlowSchema,
  },
  columns: [
    nameColumn,
    column("PriorityLevel", "The priority level of its requests.", ({ spec }) => spec?.priorityLevelConfiguration?.name ?? ""),
    column("MatchingPrecedence", "Of the schemas that match a request the one with the least precedence counts.", ({ spec }) => spec?.matchingPrecedence ?? 0),
    column("DistinguisherMethod", "What tells its flows from one another.", ({ spec }) => spec?.distinguisherMethod?.type ?? NONE),
    ageColumn,
    column("MissingPL", "Whether its priority level is missing.", ({ status }) => status?.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?"),
  ],
});
