import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, LABEL_VALUE, NAME_PART } from "../../testing/rule-texts.ts";
import { podTemplate } from "./pod-template.ts";

const bases = {
  labels: { template: { metadata: { labels: { a: "b" }, annotations: { c: "d" } }, spec: { restartPolicy: "OnFailure", containers: [{ name: "c", image: "i:1", ports: [{ containerPort: 1 }], livenessProbe: { tcpSocket: { port: 1 } } }], volumes: [{ name: "v", secret: { secretName: "s" } }] } } },
  simple: { template: { spec: { containers: [{ name: "c", image: "i" }] } } },
};

ruleTests(podTemplate, bases, [
  ["simple", { "template.spec.initContainers": [{ name: "c", image: "i" }] }, "template.spec.initContainers[0].name: Duplicate value: \"c\""],
  ["simple", { "template.spec.containers[0].env": [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.foo" } } }] }, "template.spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.foo\": error converting fieldPath: field label not supported: spec.foo"],
  ["simple", { "template.spec.volumes": [{ name: "v", hostPath: { path: "/a/../b" } }] }, "template.spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"],
  ["simple", { "template.spec.volumes": [{ name: "v", configMap: {} }] }, "template.spec.volumes[0].configMap.name: Required value"],
  ["simple", { "template.spec.volumes": [{ name: "v", downwardAPI: { items: [{ path: "a" }] } }] }, "template.spec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required"],
  ["simple", { "template.spec.volumes": [{ name: "v", downwardAPI: { items: [{ path: "a", resourceFieldRef: { resource: "limits.cpu" } }] } }] }, "template.spec.volumes[0].downwardAPI.resourceFieldRef.containerName: Required value"],
  ["simple", { "template.spec.volumes": [{ name: "v", nfs: { server: "s", path: "p" } }] }, "template.spec.volumes[0].nfs.path: Invalid value: \"p\": must be an absolute path"],
  ["simple", { "template.spec.initContainers": [{ name: "i", image: "i", lifecycle: { preStop: { exec: { command: ["a"] } } } }] }, "template.spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always"],
  ["simple", { "template.spec.nodeSelector": { a: "b c" } }, `template.spec.nodeSelector: Invalid value: "b c": ${LABEL_VALUE}`],
  ["simple", { "template.spec.affinity": { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "In" }] }] } } } }, "template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
  ["simple", { "template.spec.affinity": { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.labels", operator: "In", values: ["b"] }] }] } } } }, "template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key: Invalid value: \"metadata.labels\": not a valid field selector key"],
  ["simple", { "template.spec.containers[0].securityContext": { procMount: "Unmasked" } }, "template.spec.containers[0].securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`"],
  ["simple", { "template.spec.preemptionPolicy": "Foo" }, "template.spec.preemptionPolicy: Unsupported value: \"Foo\": supported values: \"PreemptLowerPriority\", \"Never\""],
  ["labels", { "template.spec.containers[0].ports[+]": { containerPort: 1 } }],
  ["labels", { "template": undefined }, "template.spec.containers: Required value"],
  ["simple", { "template.spec.containers[0].image": undefined }, "template.spec.containers[0].image: Required value"],
  ["labels", { "template.spec.containers[0].livenessProbe.tcpSocket.port": "abcdefghijklmnopq" }, "template.spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: \"abcdefghijklmnopq\": must be no more than 15 characters"],
  ["simple", { "template.spec.containers[0].name": `${long(254)}` }, `template.spec.containers[0].name: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["labels", { "template.metadata.labels[\"bad key!\"]": "1" }, `template.labels: Invalid value: "bad key!": name part ${NAME_PART}`],
  ["labels", { "template.spec.volumes[0].name": undefined, "template.spec.volumes[0].secret": undefined }, "template.spec.volumes[0].name: Required value"],
  ["labels", { "template.spec.containers[0].livenessProbe.tcpSocket": undefined }, "template.spec.containers[0].livenessProbe: Required value: must specify a handler type"],
  ["labels", { "template.spec.volumes[+]": { name: "v", secret: { secretName: "s" } } }, "template.spec.volumes[1].name: Duplicate value: \"v\""],
  ["simple", { "template.spec.containers[0].name": "a..b" }, `template.spec.containers[0].name: Invalid value: "a..b": ${DNS_LABEL}`],
  ["labels", { "template.metadata.labels.a": `${long(254)}` }, `template.labels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["labels", { "template.spec.volumes[0].name": "a..b" }, `template.spec.volumes[0].name: Invalid value: "a..b": ${DNS_LABEL}`],
  ["labels", { "template.metadata.annotations[\"bad key!\"]": "1" }, `template.annotations: Invalid value: "bad key!": name part ${NAME_PART}`],
  ["labels", { "template.metadata.labels.a": "../x" }, `template.labels: Invalid value: "../x": ${LABEL_VALUE}`],
  ["labels", { "template.spec.containers[0].ports[0].containerPort": undefined }, "template.spec.containers[0].ports[0].containerPort: Required value"],
]);
