import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_1035, DNS_SUBDOMAIN, LABEL_VALUE, NAME_PART } from "../../testing/rule-texts.ts";
import { mutatingWebhookConfiguration } from "./mutating-webhook-configuration.ts";

const bases = {
  one: { webhooks: [{ name: "a.b.c", sideEffects: "None", admissionReviewVersions: ["v1"], clientConfig: { service: { namespace: "n", name: "s" } } }] },
  full: { webhooks: [{ name: "a.b.c", sideEffects: "NoneOnDryRun", admissionReviewVersions: ["v1beta1", "v1"], failurePolicy: "Ignore", matchPolicy: "Exact", timeoutSeconds: 1, reinvocationPolicy: "IfNeeded", namespaceSelector: { matchLabels: { a: "b" } }, objectSelector: {}, matchConditions: [{ expression: "true", name: "a" }], rules: [{ apiGroups: ["g.io"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["things"] }], clientConfig: { url: "https://a.b/c" } }] },
  hook: { webhooks: [{ name: "a.b.c", sideEffects: "None", admissionReviewVersions: ["v1"], clientConfig: { service: { namespace: "n", name: "s" } }, rules: [{ operations: ["CREATE"], apiGroups: ["g"], apiVersions: ["v1"], resources: ["pods"] }] }] },
};

ruleTests(mutatingWebhookConfiguration, bases, [
  ["one", { "webhooks[0].admissionReviewVersions[+]": "v1" }, "webhooks[0].admissionReviewVersions[1]: Invalid value: \"v1\": duplicate version"],
  ["full", { "webhooks[0].failurePolicy": "" }, "webhooks[0].failurePolicy: Unsupported value: \"\": supported values: \"Fail\", \"Ignore\""],
  ["full", { "webhooks[0].reinvocationPolicy": "" }, "webhooks[0].reinvocationPolicy: Unsupported value: \"\": supported values: \"IfNeeded\", \"Never\""],
  ["full", { "webhooks[0].rules[0].operations": undefined }, "webhooks[0].rules[0].operations: Required value"],
  ["full", { "webhooks[0].rules[0].apiVersions": undefined }, "webhooks[0].rules[0].apiVersions: Required value"],
  ["one", { "webhooks[0].name": undefined }, "webhooks[0].name: Required value"],
  ["full", { "webhooks[0].matchConditions[0].expression": "Bad_Value!" }, "webhooks[0].matchConditions[0].expression: Invalid value: \"Bad_Value!\": compilation failed: ERROR: <input>:1:10: Syntax error: extraneous input '!' expecting <EOF>\n | Bad_Value!\n | .........^"],
  ["full", { "webhooks[0].rules[0].operations[0]": "" }, "webhooks[0].rules[0].operations[0]: Unsupported value: \"\": supported values: \"*\", \"CONNECT\", \"CREATE\", \"DELETE\", \"UPDATE\""],
  ["full", { [`webhooks[0].namespaceSelector.matchLabels.${long(64, "k")}`]: "1" }, `webhooks[0].namespaceSelector.matchLabels: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`],
  ["full", { "webhooks[0].namespaceSelector.matchLabels.a": "../x" }, `webhooks[0].namespaceSelector.matchLabels: Invalid value: "../x": ${LABEL_VALUE}`],
  ["one", { "webhooks[0].clientConfig.service.namespace": undefined }, "webhooks[0].clientConfig.service.name: Required value"],
  ["full", { "webhooks[0].matchConditions[0].expression": "a..b" }, "webhooks[0].matchConditions[0].expression: Invalid value: \"a..b\": compilation failed: ERROR: <input>:1:3: Syntax error: no viable alternative at input '..'\n | a..b\n | ..^"],
  ["full", { "webhooks[0].timeoutSeconds": 0 }, "webhooks[0].timeoutSeconds: Invalid value: 0: the timeout value must be between 1 and 30 seconds"],
  ["one", { "webhooks[0].clientConfig.service.name": undefined }, "webhooks[0].clientConfig.service.namespace: Required value"],
  ["full", { "webhooks[0].rules[0].resources[0]": "" }, "webhooks[0].rules[0].resources[0]: Required value"],
  ["hook", { "webhooks[0].name": "a.b" }, "webhooks[0].name: Invalid value: \"a.b\": should be a domain with at least three segments separated by dots"],
  ["hook", { "webhooks[0].reinvocationPolicy": "Always" }, "webhooks[0].reinvocationPolicy: Unsupported value: \"Always\": supported values: \"IfNeeded\", \"Never\""],
  ["one", { "webhooks[+]": { name: "a.b.c", sideEffects: "None", admissionReviewVersions: ["v1"], clientConfig: { service: { namespace: "n", name: "s" } } } }, "webhooks[1].name: Duplicate value: \"a.b.c\""],
  ["one", { "webhooks[0]": {} }, "webhooks[0].name: Required value", "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun", "webhooks[0].clientConfig: Required value: exactly one of url or service is required", "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1"],
  ["one", { "webhooks[0].name": `${long(254)}` }, `webhooks[0].name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["one", { "webhooks[0].name": "x/y/z" }, `webhooks[0].name: Invalid value: "x/y/z": ${DNS_SUBDOMAIN}`],
  ["one", { "webhooks[0].sideEffects": `${long(254)}` }, `webhooks[0].sideEffects: Unsupported value: "${long(254)}": supported values: "None", "NoneOnDryRun"`],
  ["one", { "webhooks[0].admissionReviewVersions[0]": `${long(254)}` }, `webhooks[0].admissionReviewVersions[0]: Invalid value: "${long(254)}": must be no more than 63 characters`, `webhooks[0].admissionReviewVersions: Invalid value: ["${long(254)}"]: must include at least one of v1, v1beta1`],
  ["one", { "webhooks[0].admissionReviewVersions[0]": "x/y/z" }, `webhooks[0].admissionReviewVersions[0]: Invalid value: "x/y/z": ${DNS_1035}`, "webhooks[0].admissionReviewVersions: Invalid value: [\"x/y/z\"]: must include at least one of v1, v1beta1"],
  ["full", { "webhooks[0].matchPolicy": `${long(254)}` }, `webhooks[0].matchPolicy: Unsupported value: "${long(254)}": supported values: "Equivalent", "Exact"`],
  ["full", { "webhooks[0].namespaceSelector.matchLabels.a": `${long(254)}` }, `webhooks[0].namespaceSelector.matchLabels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["full", { "webhooks[0].matchConditions[+]": { expression: "true", name: "a" } }, "webhooks[0].matchConditions[1].name: Duplicate value: \"a\""],
  ["full", { "webhooks[0].matchConditions[0]": {} }, "webhooks[0].matchConditions[0].expression: Required value", "webhooks[0].matchConditions[0].name: Required value"],
  ["full", { "webhooks[0].matchConditions[0].name": `${long(254)}` }, `webhooks[0].matchConditions[0].name: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["full", { "webhooks[0].matchConditions[0].name": "x/y/z" }, `webhooks[0].matchConditions[0].name: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["full", { "webhooks[0].matchConditions[0].name": "Bad_Value!" }, `webhooks[0].matchConditions[0].name: Invalid value: "Bad_Value!": name part ${NAME_PART}`],
  ["full", { "webhooks[0].matchConditions[0].name": "../x" }, `webhooks[0].matchConditions[0].name: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["full", { "webhooks[0].rules[0]": {} }, "webhooks[0].rules[0].operations: Required value", "webhooks[0].rules[0].apiGroups: Required value", "webhooks[0].rules[0].apiVersions: Required value", "webhooks[0].rules[0].resources: Required value"],
  ["full", { "webhooks[0].rules[0].apiVersions[0]": "" }, "webhooks[0].rules[0].apiVersions[0]: Required value"],
  ["full", { "webhooks[0].clientConfig.url": `${long(254)}` }, "webhooks[0].clientConfig.url: Invalid value: \"\": 'https' is the only allowed URL scheme; desired format: https://host[/path]", "webhooks[0].clientConfig.url: Invalid value: \"\": host must be specified; desired format: https://host[/path]"],
]);

updateTests(mutatingWebhookConfiguration, bases, [
  ["hook", { "webhooks[0].sideEffects": "Unknown" }, "webhooks[0].sideEffects: Unsupported value: \"Unknown\": supported values: \"None\", \"NoneOnDryRun\""],
  ["hook", { "webhooks[+]": { name: "a.b.c", sideEffects: "None", admissionReviewVersions: ["v1"], clientConfig: { service: { namespace: "n", name: "s" } }, rules: [{ operations: ["CREATE"], apiGroups: ["g"], apiVersions: ["v1"], resources: ["pods"] }] } }, "webhooks[1].name: Duplicate value: \"a.b.c\""],
]);
