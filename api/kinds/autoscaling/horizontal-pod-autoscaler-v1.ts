import { defaultAutoscalerV1 } from "../../defaults/autoscaling.ts";
import type { ApiObject, HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 } from "../../wire.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { StrategyContext, UpdateStrategy } from "../kind.ts";
import { autoscalerColumns } from "./autoscaler-columns.ts";
import { autoscalerStatusStrategy, autoscalerStrategy } from "./horizontal-pod-autoscaler.ts";
import { toVersionOne, toVersionTwo } from "./version-one.ts";

type Old = HorizontalPodAutoscalerV1;
type PrepareUpdate = (object: HorizontalPodAutoscaler, old: HorizontalPodAutoscaler, context: StrategyContext) => void;

/** What the newer version's hook makes of the object, written back in this version. */
function assign(object: Old, changed: HorizontalPodAutoscaler): void {
  const { metadata, spec, status } = toVersionOne(changed);
  if (metadata.annotations === undefined) delete object.metadata.annotations;
  else object.metadata.annotations = metadata.annotations;
  Object.assign(object, { spec, status });
}

function prepareVia(prepare: PrepareUpdate): (object: Old, old: Old, context: StrategyContext) => void {
  return (object, old, context) => {
    const changed = toVersionTwo(object);
    prepare(changed, toVersionTwo(old), context);
    assign(object, changed);
  };
}

const statusStrategy: UpdateStrategy<Old> = {
  prepareForUpdate: prepareVia(autoscalerStatusStrategy.prepareForUpdate),
  validateUpdate: (object, old) => autoscalerStatusStrategy.validateUpdate(toVersionTwo(object), toVersionTwo(old)),
};

/** The older version: the same objects, seen through annotations. */
export const horizontalPodAutoscalerV1 = defineKind<Old>({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
  subresources: { status: statusSubresource("HorizontalPodAutoscaler", statusStrategy) },
  strategy: {
    applyDefaults: defaultAutoscalerV1,
    prepareForCreate(object) {
      const changed = toVersionTwo(object);
      autoscalerStrategy.prepareForCreate(changed);
      assign(object, changed);
    },
    prepareForUpdate: prepareVia(autoscalerStrategy.prepareForUpdate),
    validate: (object) => autoscalerStrategy.validate(toVersionTwo(object)),
    validateUpdate: (object, old) => autoscalerStrategy.validateUpdate(toVersionTwo(object), toVersionTwo(old)),
  },
  columns: autoscalerColumns(toVersionTwo),
  storedAs: {
    group: "autoscaling",
    version: "v2",
    kind: "HorizontalPodAutoscaler",
    toStored: (object: ApiObject) => toVersionTwo(object as unknown as Old),
    fromStored: (object: ApiObject) => toVersionOne(object as unknown as HorizontalPodAutoscaler),
  },
});
