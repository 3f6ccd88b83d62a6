import { ruleTests, updateTests } from "../../testing/kind-rules.ts";
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
  ["min", { "spec.type": "Exempt" }, "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'", "spec.limited: Forbidden: must be nil if the type is not Limited"],
  ["min", { "metadata.name": "exempt" }, "spec.type: Invalid value: \"Limited\": type must be 'Exempt' if and only if name is 'exempt'", "spec: Invalid value: {\"Type\":\"Limited\",\"Limited\":{\"NominalConcurrencyShares\":30,\"LimitResponse\":{\"Type\":\"Reject\",\"Queuing\":null},\"LendablePercent\":0,\"BorrowingLimitPercent\":null},\"Exempt\":null}: spec of 'exempt' except the 'spec.exempt' field must equal the fixed value"],
  ["min", { "metadata.name": "exempt", "spec.type": "Exempt" }, "spec.limited: Forbidden: must be nil if the type is not Limited", "spec: Invalid value: {\"Type\":\"Exempt\",\"Limited\":{\"NominalConcurrencyShares\":30,\"LimitResponse\":{\"Type\":\"Reject\",\"Queuing\":null},\"LendablePercent\":0,\"BorrowingLimitPercent\":null},\"Exempt\":null}: spec of 'exempt' except the 'spec.exempt' field must equal the fixed value"],
  ["min", { "spec.exempt": {} }, "spec.exempt: Forbidden: must be nil if the type is Limited"],
  ["min", { "spec.limited.nominalConcurrencyShares": -1 }, "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer"],
  ["min", { "spec.limited.limitResponse.type": "Wait" }, "spec.limited.limitResponse.type: Unsupported value: \"Wait\": supported values: \"Queue\", \"Reject\""],
  ["min", { "spec.limited.limitResponse.queuing": {} }, "spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited"],
  ["min", { "spec.limited.limitResponse.type": "Queue" }, "spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited"],
  ["min", { "spec.limited.lendablePercent": 101 }, "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive"],
  ["min", { "spec.limited.borrowingLimitPercent": -1 }, "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer"],
  ["queue", { "spec.limited.limitResponse.queuing": { queueLengthLimit: -1, queues: -1, handSize: -1 } }, "spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: -1: must be positive", "spec.limited.limitResponse.queuing.queues: Invalid value: -1: must be positive", "spec.limited.limitResponse.queuing.handSize: Invalid value: -1: must be positive"],
  ["queue", { "spec.limited.limitResponse.queuing": { queues: 10000001, handSize: 1 } }, "spec.limited.limitResponse.queuing.queues: Invalid value: 10000001: must not be greater than 10000000"],
  ["queue", { "spec.limited.limitResponse.queuing": { queues: 4, handSize: 5 } }, "spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)"],
  ["queue", { "spec.limited.limitResponse.queuing": { queues: 1024, handSize: 7 } }, "spec.limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 1024 and handSize 7 should not be greater than 60"],
  ["min", { "metadata.name": "exempt", "spec": { type: "Exempt", exempt: { nominalConcurrencyShares: -1, lendablePercent: 200 } } }, "spec.exempt.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer", "spec.exempt.lendablePercent: Invalid value: 200: must be between 0 and 100, inclusive"],
  ["min", { "metadata.name": "catch-all" }, "spec: Invalid value: {\"Type\":\"Limited\",\"Limited\":{\"NominalConcurrencyShares\":30,\"LimitResponse\":{\"Type\":\"Reject\",\"Queuing\":null},\"LendablePercent\":0,\"BorrowingLimitPercent\":null},\"Exempt\":null}: spec of 'catch-all' must equal the fixed value"],
]);

updateTests(priorityLevelConfiguration, bases, [
  ["min", { "status.conditions": [{ type: "A" }, { type: "A" }] }, "status.conditions[1].type: Duplicate value: \"A\""],
], { subresource: "status" });
