import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_1035, NAME_PART } from "../../testing/rule-texts.ts";
import { validatingWebhookConfiguration } from "./validating-webhook-configuration.ts";

const bases = {
  one: { webhooks: [{ name: "a.b.c", sideEffects: "None", admissionReviewVersions: ["v1"], clientConfig: { service: { namespace: "n", name: "s", path: "/p" } }, rules: [{ operations: ["*"], apiGroups: ["g.io"], apiVersions: ["*"], resources: ["things", "things/*"], scope: "Cluster" }] }] },
  full: { webhooks: [{ name: "a.b.c", sideEffects: "NoneOnDryRun", admissionReviewVersions: ["v1"], failurePolicy: "Ignore", matchPolicy: "Exact", timeoutSeconds: 30, namespaceSelector: { matchLabels: { a: "b" } }, objectSelector: { matchLabels: { a: "b" } }, matchConditions: [{ name: "a", expression: "object.x == 1" }], rules: [{ apiGroups: ["g.io"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["things"] }], clientConfig: { url: "https://a.b/c" } }] },
};

ruleTests(validatingWebhookConfiguration, bases, [
  ["one", { "webhooks[0].sideEffects": "" }, "webhooks[0].sideEffects: Unsupported value: \"\": supported values: \"None\", \"NoneOnDryRun\""],
  ["full", { "webhooks[0].matchPolicy": "" }, "webhooks[0].matchPolicy: Unsupported value: \"\": supported values: \"Equivalent\", \"Exact\""],
  ["full", { "webhooks[0].matchConditions[0].name": undefined }, "webhooks[0].matchConditions[0].name: Required value"],
  ["one", { "webhooks[0].admissionReviewVersions[+]": "" }, `webhooks[0].admissionReviewVersions[1]: Invalid value: "": ${DNS_1035}`],
  ["one", { "webhooks[0].name": undefined }, "webhooks[0].name: Required value"],
  ["full", { "webhooks[0].matchConditions[0].name": `${long(254)}` }, `webhooks[0].matchConditions[0].name: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["full", { "webhooks[0].namespaceSelector.matchLabels.a": `${long(254)}` }, `webhooks[0].namespaceSelector.matchLabels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["one", { "webhooks[0].rules[0].apiVersions[0]": "" }, "webhooks[0].rules[0].apiVersions[0]: Required value"],
  ["one", { "webhooks[0].rules[0].apiVersions[+]": "" }, "webhooks[0].rules[0].apiVersions: Invalid value: [\"*\",\"\"]: if '*' is present, must not specify other API versions", "webhooks[0].rules[0].apiVersions[1]: Required value"],
  ["one", { "webhooks[0].rules[0].resources": undefined }, "webhooks[0].rules[0].resources: Required value"],
  ["full", { [`webhooks[0].objectSelector.matchLabels.${long(64, "k")}`]: "1" }, `webhooks[0].objectSelector.matchLabels: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`],
  ["one", { "webhooks[0].admissionReviewVersions[0]": `${long(254)}` }, `webhooks[0].admissionReviewVersions[0]: Invalid value: "${long(254)}": must be no more than 63 characters`, `webhooks[0].admissionReviewVersions: Invalid value: ["${long(254)}"]: must include at least one of v1, v1beta1`],
  ["one", { "webhooks[0].clientConfig.service.name": undefined }, "webhooks[0].clientConfig.service.namespace: Required value"],
  ["one", { "webhooks[0].rules[0].apiVersions": undefined }, "webhooks[0].rules[0].apiVersions: Required value"],
  ["full", { "webhooks[0].matchConditions[0].name": "Bad_Value!" }, `webhooks[0].matchConditions[0].name: Invalid value: "Bad_Value!": name part ${NAME_PART}`],
  ["one", { "webhooks[0].rules[0].scope": "" }, "webhooks[0].rules[0].scope: Unsupported value: \"\": supported values: \"*\", \"Cluster\", \"Namespaced\""],
  ["full", { "webhooks[0].matchConditions[+]": { name: "a", expression: "object.x == 1" } }, "webhooks[0].matchConditions[1].name: Duplicate value: \"a\""],
  ["one", { "webhooks[0].rules[0].apiVersions[+]": "*" }, "webhooks[0].rules[0].apiVersions: Invalid value: [\"*\",\"*\"]: if '*' is present, must not specify other API versions"],
  ["one", { "webhooks[0].rules[0].resources[1]": "" }, "webhooks[0].rules[0].resources[1]: Required value"],
  ["full", { "webhooks[0].failurePolicy": "" }, "webhooks[0].failurePolicy: Unsupported value: \"\": supported values: \"Fail\", \"Ignore\""],
  ["one", { "webhooks[0].sideEffects": undefined }, "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"],
  ["one", { "webhooks[0].admissionReviewVersions[+]": "v1" }, "webhooks[0].admissionReviewVersions[1]: Invalid value: \"v1\": duplicate version"],
  ["one", { "webhooks[0].name": `${long(254)}` }, `webhooks[0].name: Invalid value: "${long(254)}": must be no more than 253 characters`],
]);
