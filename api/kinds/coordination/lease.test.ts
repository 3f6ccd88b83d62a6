import { ruleTests } from "../../testing/kind-rules.ts";
import { lease } from "./lease.ts";

const bases = {
  min: { spec: {} },
};

ruleTests(lease, bases, [
  ["min", { "spec.leaseTransitions": -1 }, "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0"],
  ["min", { "spec.holderIdentity": "" }],
  ["min", { "spec.preferredHolder": "a" }],
]);
