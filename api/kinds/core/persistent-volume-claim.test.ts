import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN, LABEL_VALUE, NAME_PART } from "../../testing/rule-texts.ts";
import { persistentVolumeClaim } from "./persistent-volume-claim.ts";

const bases = {
  min: { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } },
  full: { spec: { accessModes: ["ReadWriteOnce", "ReadOnlyMany"], resources: { requests: { storage: "1024Mi" }, limits: { storage: "2Gi" } }, storageClassName: "", volumeMode: "Block", volumeName: "v", selector: { matchLabels: { a: "b" }, matchExpressions: [{ key: "c", operator: "Exists" }] } } },
  "data-source-ref": { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, storageClassName: "s", dataSourceRef: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "x" }, volumeAttributesClassName: "g" } },
  stored: { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } }, storageClassName: "s", volumeMode: "Filesystem", selector: { matchLabels: { a: "b" } }, volumeAttributesClassName: "g" } },
};

ruleTests(persistentVolumeClaim, bases, [
  ["min", { "spec": undefined }, "spec.accessModes: Required value: at least 1 access mode is required", "spec.resources[storage]: Required value"],
  ["min", { "spec.accessModes[0]": "Foo" }, "spec.accessModes: Unsupported value: \"Foo\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\""],
  ["min", { "spec.accessModes": ["ReadWriteOncePod", "ReadWriteOnce"] }, "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"],
  ["min", { "spec.resources": undefined }, "spec.resources[storage]: Required value"],
  ["min", { "spec.resources.requests.storage": 0 }, "spec.resources[storage]: Invalid value: \"0\": must be greater than zero"],
  ["min", { "spec.resources.requests.storage": -1 }, "spec.resources[storage]: Invalid value: \"-1\": must be greater than zero"],
  ["min", { "spec.resources.requests.storage": "1500m" }],
  ["min", { "spec.resources.requests.storage": "2Gi", "spec.resources.limits": { storage: "1Gi" } }],
  ["min", { "spec.resources.requests.storage": 1, "spec.resources.requests.cpu": 1 }],
  ["min", { "spec.dataSource": { kind: "Pod", name: "a" } }],
  ["min", { "spec.dataSource": { kind: "PersistentVolumeClaim", name: "a" }, "spec.dataSourceRef": { kind: "PersistentVolumeClaim", name: "b" } }, "spec: Invalid value: {}: must match dataSourceRef"],
  ["min", { "spec.dataSourceRef": { kind: "Pod", name: "a" } }, "spec.dataSource: Invalid value: \"Pod\": must be 'PersistentVolumeClaim' when referencing the default apiGroup", "spec.dataSourceRef: Invalid value: \"Pod\": must be 'PersistentVolumeClaim' when referencing the default apiGroup"],
  ["min", { "spec.dataSourceRef": { kind: "PersistentVolumeClaim", name: "a", namespace: "x" } }],
  ["min", { "spec.volumeAttributesClassName": "A_b" }, `spec.volumeAttributesClassName: Invalid value: "A_b": ${DNS_SUBDOMAIN}`],
  ["data-source-ref", { "spec.volumeAttributesClassName": `${long(254)}` }, `spec.volumeAttributesClassName: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["data-source-ref", { "spec.dataSourceRef.kind": undefined }, "spec.dataSource.kind: Required value", "spec.dataSourceRef.kind: Required value"],
  ["full", { "spec.selector.matchLabels[\"bad key!\"]": "1" }, `spec.selector.matchLabels: Invalid value: "bad key!": name part ${NAME_PART}`],
  ["data-source-ref", { "spec.dataSourceRef.apiGroup": `${long(254)}` }, `spec.dataSource.apiGroup: Invalid value: "${long(254)}": must be no more than 253 characters`, `spec.dataSourceRef.apiGroup: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "spec.selector.matchExpressions[0].key": "x/y/z" }, `spec.selector.matchExpressions[0].key: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["full", { "spec.selector.matchLabels.a": `${long(254)}` }, `spec.selector.matchLabels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["full", { [`spec.selector.matchLabels.${long(64, "k")}`]: "1" }, `spec.selector.matchLabels: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`],
  ["full", { "spec.selector.matchExpressions[0].key": undefined, "spec.selector.matchExpressions[0].operator": undefined }, "spec.selector.matchExpressions[0].operator: Invalid value: \"\": not a valid selector operator", "spec.selector.matchExpressions[0].key: Invalid value: \"\": name part must be non-empty", `spec.selector.matchExpressions[0].key: Invalid value: "": name part ${NAME_PART}`],
  ["data-source-ref", { "spec.dataSourceRef.apiGroup": undefined, "spec.dataSourceRef.kind": undefined, "spec.dataSourceRef.name": undefined }, "spec.dataSource.name: Required value", "spec.dataSource.kind: Required value", "spec.dataSource: Invalid value: \"\": must be 'PersistentVolumeClaim' when referencing the default apiGroup", "spec.dataSourceRef.name: Required value", "spec.dataSourceRef.kind: Required value", "spec.dataSourceRef: Invalid value: \"\": must be 'PersistentVolumeClaim' when referencing the default apiGroup"],
  ["full", { "spec.storageClassName": `${long(254)}` }, `spec.storageClassName: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "spec.storageClassName": "x/y/z" }, `spec.storageClassName: Invalid value: "x/y/z": ${DNS_SUBDOMAIN}`],
  ["full", { "spec.volumeMode": `${long(254)}` }, `spec.volumeMode: Unsupported value: "${long(254)}": supported values: "Block", "Filesystem"`],
  ["full", { "spec.selector.matchLabels.a": "x/y/z" }, `spec.selector.matchLabels: Invalid value: "x/y/z": ${LABEL_VALUE}`],
  ["full", { "spec.selector.matchExpressions[0].key": `${long(254)}` }, `spec.selector.matchExpressions[0].key: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["full", { "spec.selector.matchExpressions[0].key": "../x" }, `spec.selector.matchExpressions[0].key: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["data-source-ref", { "spec.dataSourceRef.apiGroup": "x/y/z" }, `spec.dataSource.apiGroup: Invalid value: "x/y/z": ${DNS_SUBDOMAIN}`, `spec.dataSourceRef.apiGroup: Invalid value: "x/y/z": ${DNS_SUBDOMAIN}`],
]);

updateTests(persistentVolumeClaim, bases, [
  ["stored", { "spec.resources": undefined }, "spec.resources[storage]: Required value", "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n@@ -9,9 +9,7 @@\n  },\n  \"Resources\": {\n   \"Limits\": null,\n-  \"Requests\": {\n-   \"storage\": \"2Gi\"\n-  }\n+  \"Requests\": null\n  },\n  \"VolumeName\": \"\",\n  \"StorageClassName\": \"s\",\n", "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"],
  ["stored", { "spec.accessModes[0]": "ReadWriteOncex" }, "spec.accessModes: Unsupported value: \"ReadWriteOncex\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"", "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n@@ -1,6 +1,6 @@\n {\n  \"AccessModes\": [\n-  \"ReadWriteOnce\"\n+  \"ReadWriteOncex\"\n  ],\n  \"Selector\": {\n   \"matchLabels\": {\n"],
  ["stored", { "spec.accessModes": undefined }, "spec.accessModes: Required value: at least 1 access mode is required", "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n@@ -1,7 +1,5 @@\n {\n- \"AccessModes\": [\n-  \"ReadWriteOnce\"\n- ],\n+ \"AccessModes\": null,\n  \"Selector\": {\n   \"matchLabels\": {\n    \"a\": \"b\"\n"],
]);
