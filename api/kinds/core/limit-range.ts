import { defaultLimitRange } from "../../defaults/policies.ts";
import { validateLimitRange } from "../../validation/limit-range.ts";
import type { LimitRange } from "../../wire.ts";
import { defineKind } from "../define.ts";

export const limitRange = defineKind<LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  shortNames: ["limits"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.LimitRange",
  strategy: { applyDefaults: defaultLimitRange, validate: validateLimitRange, validateUpdate: (range) => validateLimitRange(range) },
});
