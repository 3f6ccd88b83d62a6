import { long, ruleTests } from "../../testing/kind-rules.ts";
import { LABEL_VALUE } from "../../testing/rule-texts.ts";
import { clusterRole } from "./cluster-role.ts";

const bases = {
  full: { rules: [{ verbs: ["*"], apiGroups: [""], resources: ["pods", "pods/log"], resourceNames: ["a"] }, { verbs: ["get"], nonResourceURLs: ["/healthz", "/x/*"] }], aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] } },
};

ruleTests(clusterRole, bases, [
  ["full", { "rules": undefined, "aggregationRule.clusterRoleSelectors[0]": undefined }, "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil"],
  ["full", { "rules": undefined, "aggregationRule.clusterRoleSelectors[0].matchLabels.a": "b c" }, `aggregationRule.clusterRoleSelectors[0].matchLabels: Invalid value: "b c": ${LABEL_VALUE}`, "aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector."],
  ["full", { "rules[1].nonResourceURLs": undefined }, "rules[1].apiGroups: Required value: resource rules must supply at least one api group", "rules[1].resources: Required value: resource rules must supply at least one resource"],
  ["full", { "rules[0].apiGroups": undefined }, "rules[0].apiGroups: Required value: resource rules must supply at least one api group"],
  ["full", { "rules[0].verbs": undefined, "rules[0].apiGroups": undefined, "rules[0].resources": undefined, "rules[0].resourceNames": undefined }, "rules[0].verbs: Required value: verbs must contain at least one value", "rules[0].apiGroups: Required value: resource rules must supply at least one api group", "rules[0].resources: Required value: resource rules must supply at least one resource"],
  ["full", { "rules[0].resources": undefined }, "rules[0].resources: Required value: resource rules must supply at least one resource"],
  ["full", { "rules[1].verbs": undefined }, "rules[1].verbs: Required value: verbs must contain at least one value"],
  ["full", { "aggregationRule.clusterRoleSelectors[0].matchLabels.a": `${long(254)}` }, `aggregationRule.clusterRoleSelectors[0].matchLabels: Invalid value: "${long(254)}": must be no more than 63 bytes`, "aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector."],
]);
