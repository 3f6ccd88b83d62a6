import type { ComponentStatus } from "../../wire.ts";
import { column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";

type Condition = NonNullable<ComponentStatus["conditions"]>[number];

/** What the API server sees of the parts of the cluster: computed for each request, never stored. */
export const componentStatus = defineKind<ComponentStatus>({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  plural: "componentstatuses",
  shortNames: ["cs"],
  verbs: ["get", "list"],
  namespaced: false,
  deprecation: "v1 ComponentStatus is deprecated in v1.19+",
  definition: "io.k8s.api.core.v1.ComponentStatus",
  strategy: {},
  columns: [
    nameColumn,
    column("Status", "Whether it is healthy.", (component) => statusText(healthy(component))),
    column("Message", "What it says.", (component) => healthy(component)?.message ?? ""),
    column("Error", "What is wrong with it.", (component) => healthy(component)?.error ?? ""),
  ],
});

function healthy(component: ComponentStatus): Condition | undefined {
  return component.conditions?.find(({ type }) => type === "Healthy");
}

function statusText(condition: Condition | undefined): string {
  if (condition === undefined) return "Unknown";
  return condition.status === "True" ? "Healthy" : "Unhealthy";
}
