import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, NAME_PART } from "../../testing/rule-texts.ts";
import { replicaSet } from "./replica-set.ts";

const bases = {
  zero: { spec: { replicas: 0, selector: { matchExpressions: [{ key: "a", operator: "Exists" }] }, template: { metadata: { labels: { a: "b" } }, spec: { hostNetwork: true, containers: [{ name: "c", image: "i", ports: [{ containerPort: 3 }] }] } } } },
  simple: { spec: { selector: { matchLabels: { a: "b" } }, template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ image: "i", name: "c" }] } } } },
  stored: { spec: { replicas: 1, selector: { matchLabels: { a: "b" } }, template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i:1" }] } } } },
};

ruleTests(replicaSet, bases, [
  ["simple", { "spec.template.spec.containers[0].ports": [{ containerPort: 1 }, { containerPort: 1 }] }],
  ["simple", { "spec.template.spec.containers[0].env": [{ name: "A", valueFrom: { resourceFieldRef: { resource: "limits.foo" } } }] }, "spec.template.spec.containers[0].env[0].valueFrom.resourceFieldRef.resource: Unsupported value: \"limits.foo\": supported values: \"limits.cpu\", \"limits.ephemeral-storage\", \"limits.memory\", \"requests.cpu\", \"requests.ephemeral-storage\", \"requests.memory\""],
  ["simple", { "spec.template.spec.containers[0].resources": { requests: { cpu: 2 }, limits: { cpu: 1 } } }, "spec.template.spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"],
  ["simple", { "spec.template.spec.volumes": [{ name: "v", secret: { secretName: "s", items: [{ key: "k", path: "a/../p" }] } }] }, "spec.template.spec.volumes[0].secret.items[0].path: Invalid value: \"a/../p\": must not contain '..'"],
  ["simple", { "spec.template.spec.containers[0].livenessProbe": { httpGet: { port: 1, scheme: "http" } } }, "spec.template.spec.containers[0].livenessProbe.httpGet.scheme: Unsupported value: \"http\": supported values: \"HTTP\", \"HTTPS\""],
  ["simple", { "spec.template.spec.initContainers": [{ name: "i", image: "i", resizePolicy: [{ resourceName: "cpu", restartPolicy: "NotRequired" }] }] }],
  ["simple", { "spec.template.spec.containers[0].restartPolicyRules": [{ action: "Restart", exitCodes: { operator: "In", values: [1] } }] }, "spec.template.spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used"],
  ["simple", { "spec.template.spec.nodeName": "A_b" }, `spec.template.spec.nodeName: Invalid value: "A_b": ${DNS_SUBDOMAIN}`],
  ["simple", { "spec.template.spec.affinity": { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "a", matchLabelKeys: ["x"] }] } } }, "spec.template.spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set"],
  ["simple", { "spec.selector.matchLabels": undefined }, "spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
  ["simple", { "spec.selector.matchLabels": undefined, "spec.selector.matchExpressions": [{ key: "a", operator: "In" }] }, "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'", "spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\"}]}: invalid label selector"],
  ["simple", { "spec.selector.matchLabels": undefined, "spec.selector.matchExpressions": [{ key: "a", operator: "Exists", values: ["b"] }] }, "spec.selector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'", "spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\",\"values\":[\"b\"]}]}: invalid label selector"],
  ["simple", { "spec.selector.matchLabels.a": "b c" }, `spec.selector.matchLabels: Invalid value: "b c": ${LABEL_VALUE}`, "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b c\"}}: invalid label selector"],
  ["simple", { "spec.template": undefined }, "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`", "spec.template.spec.containers: Required value"],
  ["simple", { "spec.template.spec.restartPolicy": "Never" }, "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""],
  ["simple", { "spec.template.spec.restartPolicy": "OnFailure" }, "spec.template.spec.restartPolicy: Unsupported value: \"OnFailure\": supported values: \"Always\""],
  ["simple", { "spec.template.spec.ephemeralContainers": [{ name: "e", image: "i" }] }, "spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template"],
  ["simple", { "spec.template.metadata.labels.c": "d e" }, `spec.template.labels: Invalid value: "d e": ${LABEL_VALUE}`],
  ["simple", { "spec.template.metadata.annotations": { "a b": "c" } }, `spec.template.annotations: Invalid value: "a b": name part ${NAME_PART}`],
  ["simple", { "spec.replicas": -1 }, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
  ["simple", { "spec.minReadySeconds": -1 }, "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"],
  ["simple", { "metadata": { name: `${long(68)}` } }],
  ["simple", { "spec.template.spec.volumes": [{ name: "v", gcePersistentDisk: { pdName: "a" } }], "spec.replicas": 2 }],
  ["simple", { "spec.selector.matchLabels[\"bad key!\"]": "1" }, `spec.selector.matchLabels: Invalid value: "bad key!": name part ${NAME_PART}`, "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\",\"bad key!\":\"1\"}}: invalid label selector"],
  ["simple", { "spec.template.spec.containers[0].name": "a..b" }, `spec.template.spec.containers[0].name: Invalid value: "a..b": ${DNS_LABEL}`],
  ["zero", { "spec.template.spec.containers[0].ports[0].containerPort": -1 }, "spec.template.spec.containers[0].ports[0].containerPort: Invalid value: -1: must be between 1 and 65535, inclusive"],
  ["zero", { "spec.selector.matchExpressions[0].key": "../x" }, `spec.selector.matchExpressions[0].key: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`, "spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"../x\",\"operator\":\"Exists\"}]}: invalid label selector"],
  ["simple", { "spec.template.spec.containers[0].name": undefined }, "spec.template.spec.containers[0].name: Required value"],
  ["simple", { "spec.template.spec.containers[0].name": `${long(254)}` }, `spec.template.spec.containers[0].name: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["simple", { [`spec.selector.matchLabels.${long(64, "k")}`]: "1" }, `spec.selector.matchLabels: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`, `spec.selector: Invalid value: {"matchLabels":{"a":"b","${long(64, "k")}":"1"}}: invalid label selector`],
  ["simple", { "spec.selector.matchLabels.k": "bad value!" }, `spec.selector.matchLabels: Invalid value: "bad value!": ${LABEL_VALUE}`, "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\",\"k\":\"bad value!\"}}: invalid label selector"],
  ["zero", { "spec.selector.matchExpressions[+]": {} }, "spec.selector.matchExpressions[1].operator: Invalid value: \"\": not a valid selector operator", "spec.selector.matchExpressions[1].key: Invalid value: \"\": name part must be non-empty", `spec.selector.matchExpressions[1].key: Invalid value: "": name part ${NAME_PART}`, "spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"},{\"key\":\"\",\"operator\":\"\"}]}: invalid label selector"],
  ["zero", { "spec.selector.matchExpressions[0].key": `${long(254)}` }, `spec.selector.matchExpressions[0].key: Invalid value: "${long(254)}": name part must be no more than 63 bytes`, `spec.selector: Invalid value: {"matchExpressions":[{"key":"${long(254)}","operator":"Exists"}]}: invalid label selector`],
  ["simple", { "spec.template.metadata.labels.a": `${long(254)}` }, `spec.template.metadata.labels: Invalid value: {"a":"${long(254)}"}: \`selector\` does not match template \`labels\``, `spec.template.labels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["simple", { "spec.template.metadata.labels.a": "../x" }, "spec.template.metadata.labels: Invalid value: {\"a\":\"../x\"}: `selector` does not match template `labels`", `spec.template.labels: Invalid value: "../x": ${LABEL_VALUE}`],
  ["simple", { "spec.template.spec.containers[+]": { name: "c", image: "i" } }, "spec.template.spec.containers[1].name: Duplicate value: \"c\""],
  ["zero", { "spec.selector.matchExpressions[0].key": undefined }, "spec.selector.matchExpressions[0].key: Invalid value: \"\": name part must be non-empty", `spec.selector.matchExpressions[0].key: Invalid value: "": name part ${NAME_PART}`, "spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"\",\"operator\":\"Exists\"}]}: invalid label selector"],
  ["zero", { "spec": undefined }, "spec.selector: Required value", "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`", "spec.template.spec.containers: Required value"],
  ["zero", { "spec.selector.matchExpressions[0].key": "x/y/z" }, `spec.selector.matchExpressions[0].key: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`, "spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"x/y/z\",\"operator\":\"Exists\"}]}: invalid label selector"],
  ["simple", { "spec.selector.matchLabels.a": `${long(254)}` }, `spec.selector.matchLabels: Invalid value: "${long(254)}": must be no more than 63 bytes`, `spec.selector: Invalid value: {"matchLabels":{"a":"${long(254)}"}}: invalid label selector`],
]);

updateTests(replicaSet, bases, [
  ["stored", { "spec.selector.matchLabels.a": "bx" }, "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`", "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"bx\"}}: field is immutable"],
  ["stored", { "spec.selector.matchExpressions": [{ key: "a", operator: "Exists" }] }, "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\"},\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"}]}: field is immutable"],
  ["stored", { "spec.selector.matchLabels": undefined }, "spec.selector: Invalid value: {}: empty selector is invalid for deployment", "spec.selector: Invalid value: {}: field is immutable"],
]);
