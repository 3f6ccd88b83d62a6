import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { csiDriver } from "./csi-driver.ts";

const bases = {
  full: { metadata: { name: "d.example.com" }, spec: { attachRequired: false, podInfoOnMount: true, fsGroupPolicy: "File", volumeLifecycleModes: ["Ephemeral"], storageCapacity: true, tokenRequests: [{ audience: "a" }, { audience: "b", expirationSeconds: 3600 }], requiresRepublish: true, seLinuxMount: true, nodeAllocatableUpdatePeriodSeconds: 30 } },
  stored: { spec: { attachRequired: false, podInfoOnMount: true, fsGroupPolicy: "File", volumeLifecycleModes: ["Ephemeral"], storageCapacity: true, requiresRepublish: true, tokenRequests: [{ audience: "a" }] } },
};

ruleTests(csiDriver, bases, [
  ["full", { "spec.attachRequired": undefined, "spec.podInfoOnMount": undefined, "spec.fsGroupPolicy": "Foo", "spec.volumeLifecycleModes": undefined, "spec.storageCapacity": undefined, "spec.tokenRequests": undefined, "spec.requiresRepublish": undefined, "spec.seLinuxMount": undefined, "spec.nodeAllocatableUpdatePeriodSeconds": undefined }, "spec.fsGroupPolicy: Unsupported value: \"Foo\": supported values: \"File\", \"None\", \"ReadWriteOnceWithFSType\""],
  ["full", { "spec.attachRequired": undefined, "spec.podInfoOnMount": undefined, "spec.fsGroupPolicy": undefined, "spec.volumeLifecycleModes": undefined, "spec.storageCapacity": undefined, "spec.tokenRequests[1].audience": "a", "spec.tokenRequests[1].expirationSeconds": undefined, "spec.requiresRepublish": undefined, "spec.seLinuxMount": undefined, "spec.nodeAllocatableUpdatePeriodSeconds": undefined }, "spec.tokenRequests[1].audience: Duplicate value: \"a\""],
  ["full", { "spec.attachRequired": undefined, "spec.podInfoOnMount": undefined, "spec.fsGroupPolicy": undefined, "spec.volumeLifecycleModes": undefined, "spec.storageCapacity": undefined, "spec.tokenRequests": [{ audience: "a", expirationSeconds: 599 }], "spec.requiresRepublish": undefined, "spec.seLinuxMount": undefined, "spec.nodeAllocatableUpdatePeriodSeconds": undefined }, "spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes"],
  ["full", { "metadata.name": "a..b", "spec.attachRequired": undefined, "spec.podInfoOnMount": undefined, "spec.fsGroupPolicy": undefined, "spec.volumeLifecycleModes": undefined, "spec.storageCapacity": undefined, "spec.tokenRequests": undefined, "spec.requiresRepublish": undefined, "spec.seLinuxMount": undefined, "spec.nodeAllocatableUpdatePeriodSeconds": undefined }, `metadata.name: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["full", { "spec.volumeLifecycleModes[0]": `${long(254)}` }, `spec.volumeLifecycleModes: Unsupported value: "${long(254)}": supported values: "Persistent", "Ephemeral"`],
  ["full", { "spec.nodeAllocatableUpdatePeriodSeconds": -1 }, "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: -1: must be greater than or equal to 10 seconds"],
]);

updateTests(csiDriver, bases, [
  ["stored", { "spec.volumeLifecycleModes[+]": "zz", "metadata": { name: "t" } }, "spec.volumeLifecycleModes: Unsupported value: \"zz\": supported values: \"Persistent\", \"Ephemeral\"", "spec.volumeLifecycleModes: Invalid value: [\"Ephemeral\",\"zz\"]: field is immutable"],
  ["stored", { "spec.volumeLifecycleModes": undefined, "metadata": { name: "t" } }, "spec.volumeLifecycleModes: Invalid value: [\"Persistent\"]: field is immutable"],
  ["stored", { "spec.attachRequired": undefined, "metadata": { name: "t" } }, "spec.attachedRequired: Invalid value: true: field is immutable"],
]);
