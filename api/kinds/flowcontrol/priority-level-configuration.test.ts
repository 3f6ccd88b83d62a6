import { ruleTests } from "../../testing/kind-rules.ts";
import { priorityLevelConfiguration } from "./priority-level-configuration.ts";

const bases = {
  min: { spec: { type: "Limited", limited: { limitResponse: { type: "Reject" } } } },
  queue: { spec: { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: {} }, lendablePercent: 5 } } },
};

ruleTests(priorityLevelConfiguration, bases, [
  ["queue", { "spec.limited.lendablePercent": -1 }, "spec.limited.lendablePercent: Invalid value: -1: must be between 0 and 100, inclusive"],
  ["min", { "spec.limited.limitResponse": undefined }, "spec.limited.limitResponse.type: Unsupported value: \"\": supported values: \"Queue\", \"Reject\""],
  ["min", { "spec": undefined }, "spec.type: Unsupported value: \"\": supported values: \"Exempt\", \"Limited\""],
  ["min", { "spec.limited.nominalConcurrencyShares": 0, "spec.limited.borrowingLimitPercent": -1 }, "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer"],
  ["min", { "spec.limited": undefined }, "spec.limited: Required value: must not be empty when type is Limited"],
]);
