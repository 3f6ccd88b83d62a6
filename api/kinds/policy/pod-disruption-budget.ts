import { validatePodDisruptionBudget, validatePodDisruptionBudgetStatusUpdate, validatePodDisruptionBudgetUpdate } from "../../validation/pod-disruption-budget.ts";
import type { PodDisruptionBudget } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { specAndStatus, statusOnly } from "../strategies.ts";

export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  shortNames: ["pdb"],
  namespaced: true,
  definition: "io.k8s.api.policy.v1.PodDisruptionBudget",
  subresources: {
    status: statusSubresource("PodDisruptionBudget", { ...statusOnly<PodDisruptionBudget>(), validateUpdate: validatePodDisruptionBudgetStatusUpdate }),
  },
  strategy: {
    ...specAndStatus<PodDisruptionBudget>("io.k8s.api.policy.v1.PodDisruptionBudgetSpec"),
    validate: validatePodDisruptionBudget,
    validateUpdate: validatePodDisruptionBudgetUpdate,
    allowUnconditionalUpdate: false,
  },
  columns: [
    nameColumn,
    column("Min Available", "How many pods must be there.", (budget) => String(budget.spec?.minAvailable ?? "N/A")),
    column("Max Unavailable", "How many pods may be missing.", (budget) => String(budget.spec?.maxUnavailable ?? "N/A")),
    column("Allowed Disruptions", "How many pods may be evicted now.", (budget) => budget.status?.disruptionsAllowed ?? 0, { type: "integer" }),
    ageColumn,
  ],
});
