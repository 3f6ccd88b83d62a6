import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE } from "../../testing/rule-texts.ts";
import { replicationController } from "./replication-controller.ts";

const bases = {
  min: { spec: { template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } } } },
  "labels-kept": { metadata: { labels: { x: "y" }, name: "t" }, spec: { replicas: 3, minReadySeconds: 4, template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } } } },
};

ruleTests(replicationController, bases, [
  ["min", { "spec.template.spec.containers[+]": { name: "c", image: "j" } }, "spec.template.spec.containers[1].name: Duplicate value: \"c\""],
  ["min", { "spec.template.spec.containers[0].imagePullPolicy": "Sometimes" }, "spec.template.spec.containers[0].imagePullPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"IfNotPresent\", \"Never\""],
  ["min", { "spec.template.spec.containers[0].env": [{ name: "", value: "a" }] }, "spec.template.spec.containers[0].env[0].name: Required value"],
  ["min", { "spec.template.spec.containers[0].env": [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" }, secretKeyRef: { name: "a", key: "b" } } }] }, "spec.template.spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not have more than one field specified at a time"],
  ["min", { "spec.template.spec.containers[0].resources": { requests: { memory: "-1Mi" } } }, "spec.template.spec.containers[0].resources.requests[memory]: Invalid value: \"-1Mi\": must be greater than or equal to 0"],
  ["min", { "spec.template.spec.resources": { requests: { cpu: 2 }, limits: { cpu: 1 } } }, "spec.template.spec.resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"],
  ["min", { "spec.template.spec.volumes": [{ name: "v", secret: { secretName: "s", items: [{ key: "k", path: "..p" }] } }] }, "spec.template.spec.volumes[0].secret.items[0].path: Invalid value: \"..p\": must not start with '..'"],
  ["min", { "spec.template.spec.volumes": [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "a", expirationSeconds: 599 } }] } }] }, "spec.template.spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes"],
  ["min", { "spec.template.spec.volumes": [{ name: "v", iscsi: { targetPortal: "a", iqn: "iqn.2001-04.com.example:s", lun: 1, chapAuthSession: true } }] }, "spec.template.spec.volumes[0].iscsi.secretRef: Required value"],
  ["min", { "spec.template.spec.volumes": [{ name: "v", csi: { driver: "A_b" } }] }, `spec.template.spec.volumes[0].csi.driver: Invalid value: "A_b": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.template.spec.volumes": [{ name: "v", glusterfs: {} }] }, "spec.template.spec.volumes[0].glusterfs.endpoints: Required value", "spec.template.spec.volumes[0].glusterfs.path: Required value"],
  ["min", { "spec.template.spec.subdomain": "A.b" }, `spec.template.spec.subdomain: Invalid value: "A.b": ${DNS_LABEL}`],
  ["min", { "spec.template.spec.affinity": { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.labels", operator: "In", values: ["b"] }] }] } } } }, "spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key: Invalid value: \"metadata.labels\": not a valid field selector key"],
  ["min", { "spec.template.spec.affinity": { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "a", namespaces: ["A_b"] }] } } }, `spec.template.spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].namespace: Invalid value: "A_b": ${DNS_LABEL}`],
  ["min", { "spec.selector": { a: "c" } }, "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`"],
  ["min", { "spec.template": undefined }, "spec.selector: Required value", "spec.template: Required value"],
  ["min", { "spec.replicas": -1 }, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
  ["min", { "spec.selector": { a: "b c" } }, "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`"],
  ["min", { "metadata": { name: "a..b" } }, `metadata.name: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.template.metadata.labels.a": `${long(254)}` }, `metadata.labels: Invalid value: "${long(254)}": must be no more than 63 bytes`, `spec.template.labels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["min", { "spec.template.metadata.labels.a": `${long(254)}`, "spec.template.metadata.labels.c": "d", "spec.replicas": 0, "spec.selector": { a: "b" } }, `metadata.labels: Invalid value: "${long(254)}": must be no more than 63 bytes`, `spec.template.metadata.labels: Invalid value: {"a":"${long(254)}","c":"d"}: \`selector\` does not match template \`labels\``, `spec.template.labels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["labels-kept", { "spec.template.metadata.labels.a": `${long(254)}` }, `spec.template.labels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["min", { [`spec.template.metadata.labels.${long(64, "k")}`]: "1" }, `metadata.labels: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`, `spec.template.labels: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`],
  ["labels-kept", { [`spec.template.metadata.labels.${long(64, "k")}`]: "1" }, `spec.template.labels: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`],
  ["min", { "spec.template.spec.containers[0].image": undefined }, "spec.template.spec.containers[0].image: Required value"],
  ["min", { "spec.template.spec.containers[0].name": undefined, "spec.template.spec.containers[0].image": undefined }, "spec.template.spec.containers[0].name: Required value", "spec.template.spec.containers[0].image: Required value"],
  ["min", { "spec.template.metadata": undefined, "spec.template.spec": undefined, "spec.replicas": 0, "spec.selector": { a: "b" } }, "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`", "spec.template.spec.containers: Required value"],
  ["min", { "spec.template.spec.containers[0].name": undefined }, "spec.template.spec.containers[0].name: Required value"],
  ["min", { "spec.template.metadata": undefined, "spec.replicas": 0, "spec.selector": { a: "b" } }, "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`"],
  ["min", { "spec.template.metadata.labels.a": "../x" }, `metadata.labels: Invalid value: "../x": ${LABEL_VALUE}`, `spec.template.labels: Invalid value: "../x": ${LABEL_VALUE}`],
  ["labels-kept", { "spec.template.metadata.labels.a": "../x" }, `spec.template.labels: Invalid value: "../x": ${LABEL_VALUE}`],
  ["labels-kept", { "spec.minReadySeconds": -1 }, "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"],
]);

updateTests(replicationController, bases, [
  ["min", { "status": { replicas: 1, fullyLabeledReplicas: 2 } }, "status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than status.replicas"],
], { subresource: "status" });
