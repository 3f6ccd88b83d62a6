import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { LABEL_VALUE, NAME_PART } from "../../testing/rule-texts.ts";
import { podDisruptionBudget } from "./pod-disruption-budget.ts";

const bases = {
  min: { spec: {} },
  "max-unavailable": { spec: { maxUnavailable: 1, selector: { matchLabels: { a: "b" } }, unhealthyPodEvictionPolicy: "AlwaysAllow" } },
  stored: { spec: { minAvailable: "50%", selector: {} } },
};

ruleTests(podDisruptionBudget, bases, [
  ["min", { "spec.minAvailable": -1 }, "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"],
  ["min", { "spec.minAvailable": "abc" }, "spec.minAvailable: Invalid value: \"abc\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"],
  ["min", { "spec.maxUnavailable": "1000%" }, "spec.maxUnavailable: Invalid value: \"1000%\": must not be greater than 100%"],
  ["min", { "spec.selector": { matchLabels: { a: "b c" } } }, `spec.selector.matchLabels: Invalid value: "b c": ${LABEL_VALUE}`],
  ["max-unavailable", { "spec.selector.matchLabels.a": `${long(254)}` }, `spec.selector.matchLabels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["max-unavailable", { "spec.selector.matchLabels[\"bad key!\"]": "1" }, `spec.selector.matchLabels: Invalid value: "bad key!": name part ${NAME_PART}`],
  ["max-unavailable", { "spec.maxUnavailable": -1 }, "spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0"],
  ["max-unavailable", { "spec.unhealthyPodEvictionPolicy": `${long(254)}` }, `spec.unhealthyPodEvictionPolicy: Unsupported value: "${long(254)}": supported values: "AlwaysAllow", "IfHealthyBudget"`],
]);

updateTests(podDisruptionBudget, bases, [
  ["stored", { "status": { disruptionsAllowed: -1 } }, "status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0"],
], { subresource: "status" });
