import { ruleTests } from "../../testing/kind-rules.ts";
import { role } from "./role.ts";

const bases = {
  min: {},
};

ruleTests(role, bases, [
  ["min", { "rules": [{ verbs: [], apiGroups: [""], resources: ["pods"] }] }, "rules[0].verbs: Required value: verbs must contain at least one value"],
  ["min", { "rules": [{ verbs: ["get"], nonResourceURLs: ["/a"] }] }, "rules[0].nonResourceURLs: Invalid value: [\"/a\"]: namespaced rules cannot apply to non-resource URLs"],
  ["min", { "metadata": { name: "a/b" } }, "metadata.name: Invalid value: \"a/b\": may not contain '/'"],
  ["min", { "metadata": { name: "a:B c" } }],
  ["min", { "rules": [{}] }, "rules[0].verbs: Required value: verbs must contain at least one value", "rules[0].apiGroups: Required value: resource rules must supply at least one api group", "rules[0].resources: Required value: resource rules must supply at least one resource"],
]);
