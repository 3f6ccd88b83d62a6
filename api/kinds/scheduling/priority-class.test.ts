import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { priorityClass } from "./priority-class.ts";

const bases = {
  full: { value: 1000000000, globalDefault: false, description: "d", preemptionPolicy: "Never" },
  stored: { value: 1000, globalDefault: false, description: "d", preemptionPolicy: "Never" },
};

ruleTests(priorityClass, bases, [
  ["full", { "value": 1000000001, "globalDefault": undefined, "description": undefined, "preemptionPolicy": undefined }, "value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
  ["full", { "value": 5, "globalDefault": undefined, "description": undefined, "preemptionPolicy": undefined, "metadata": { name: "system-foo" } }, "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-foo is not a known system priority class"],
  ["full", { "preemptionPolicy": "" }, "preemptionPolicy: Required value"],
  ["full", { "preemptionPolicy": `${long(254)}` }, `preemptionPolicy: Unsupported value: "${long(254)}": supported values: "PreemptLowerPriority", "Never"`],
]);

updateTests(priorityClass, bases, [
  ["stored", { "value": undefined }, "value: Forbidden: may not be changed in an update."],
]);
