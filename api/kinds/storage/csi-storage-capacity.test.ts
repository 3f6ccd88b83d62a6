import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN, LABEL_VALUE } from "../../testing/rule-texts.ts";
import { csiStorageCapacity } from "./csi-storage-capacity.ts";

const bases = {
  min: { storageClassName: "s" },
  full: { storageClassName: "s", nodeTopology: { matchLabels: { a: "b" } }, capacity: "1024Mi", maximumVolumeSize: "1G" },
};

ruleTests(csiStorageCapacity, bases, [
  ["min", { "metadata": { name: `${long(254)}` } }, `metadata.name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { [`nodeTopology.matchLabels.${long(64, "k")}`]: "1" }, `nodeTopology.matchLabels: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`],
  ["full", { "nodeTopology.matchLabels.a": `${long(254)}` }, `nodeTopology.matchLabels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["min", { "storageClassName": undefined }, `storageClassName: Invalid value: "": ${DNS_SUBDOMAIN}`],
  ["min", { "storageClassName": `${long(254)}` }, `storageClassName: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "nodeTopology.matchLabels.a": "x/y/z" }, `nodeTopology.matchLabels: Invalid value: "x/y/z": ${LABEL_VALUE}`],
]);
