import { ruleTests } from "../../testing/kind-rules.ts";
import { lease } from "./lease.ts";

const bases = {
  min: { spec: {} },
  full: { spec: { holderIdentity: "h", leaseDurationSeconds: 15, acquireTime: "2024-01-01T00:00:00.000000Z", renewTime: "2024-01-01T00:00:00.500000Z", leaseTransitions: 0 } },
};

ruleTests(lease, bases, [
  ["min", { "spec.leaseTransitions": -1 }, "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0"],
  ["min", { "spec.holderIdentity": "" }],
  ["min", { "spec.preferredHolder": "a" }],
  ["full", { "spec.leaseDurationSeconds": -1 }, "spec.leaseDurationSeconds: Invalid value: -1: must be greater than 0"],
]);
