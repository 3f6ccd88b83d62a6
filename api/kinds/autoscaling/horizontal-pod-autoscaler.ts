import { defaultAutoscaler } from "../../defaults/autoscaling.ts";
import { validateAutoscaler, validateAutoscalerStatusUpdate, validateAutoscalerUpdate } from "../../validation/horizontal-pod-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "../../wire.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { Strategy, UpdateStrategy } from "../kind.ts";
import { restoreField, statusOnly } from "../strategies.ts";
import { autoscalerColumns } from "./autoscaler-columns.ts";

export const autoscalerStrategy = {
  applyDefaults: defaultAutoscaler,
  prepareForCreate(autoscaler) {
    autoscaler.status = { desiredReplicas: 0 };
  },
  prepareForUpdate(autoscaler, old) {
    restoreField(autoscaler, old, "status");
  },
  validate: validateAutoscaler,
  validateUpdate: validateAutoscalerUpdate,
} satisfies Strategy<HorizontalPodAutoscaler>;

export const autoscalerStatusStrategy = { ...statusOnly<HorizontalPodAutoscaler>(), validateUpdate: validateAutoscalerStatusUpdate } satisfies UpdateStrategy<HorizontalPodAutoscaler>;

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  subresources: { status: statusSubresource("HorizontalPodAutoscaler", autoscalerStatusStrategy) },
  strategy: autoscalerStrategy,
  columns: autoscalerColumns((autoscaler: HorizontalPodAutoscaler) => autoscaler),
});
