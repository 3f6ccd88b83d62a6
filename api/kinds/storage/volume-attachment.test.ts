import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { volumeAttachment } from "./volume-attachment.ts";

const bases = {
  min: { spec: { attacher: "a", nodeName: "n", source: { persistentVolumeName: "p" } } },
  inline: { spec: { attacher: "a.b", nodeName: "n", source: { inlineVolumeSpec: { accessModes: ["ReadWriteOnce"], csi: { driver: "d.example.com", volumeHandle: "h" } } } } },
};

ruleTests(volumeAttachment, bases, [
  ["min", { "metadata": { name: `${long(254)}` } }, `metadata.name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["min", { "spec.attacher": undefined }, "spec.attacher: Required value"],
  ["inline", { "spec.source.inlineVolumeSpec.accessModes[0]": "" }, "spec.source.inlineVolumeSpec.accessModes: Unsupported value: \"\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\""],
  ["inline", { "spec.source.inlineVolumeSpec.accessModes": undefined, "spec.source.inlineVolumeSpec.csi": undefined }, "spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes", "spec.source.inlineVolumeSpec.accessModes: Required value", "spec.source.inlineVolumeSpec: Required value: must specify a volume type"],
  ["inline", { "spec.source.inlineVolumeSpec.csi.driver": `${long(254)}` }, "spec.source.inlineVolumeSpec.csi.driver: Too long: may not be more than 63 bytes", `spec.source.inlineVolumeSpec.csi.driver: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["min", { "spec.source.persistentVolumeName": "" }, "spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName", `spec.source.persistentVolumeName: Invalid value: "": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.source.persistentVolumeName": `${long(254)}` }, `spec.source.persistentVolumeName: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["min", { "spec.source.persistentVolumeName": "a..b" }, `spec.source.persistentVolumeName: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["min", { "spec": undefined }, "spec.attacher: Required value", "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName", `spec.nodeName: Invalid value: "": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.source": undefined }, "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName"],
  ["inline", { "spec.source.inlineVolumeSpec.accessModes": undefined }, "spec.source.inlineVolumeSpec.accessModes: Required value"],
  ["inline", { "spec.source.inlineVolumeSpec.csi.driver": "a..b" }, `spec.source.inlineVolumeSpec.csi.driver: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["inline", { "spec.source.inlineVolumeSpec.csi.driver": undefined, "spec.source.inlineVolumeSpec.csi.volumeHandle": undefined }, "spec.source.inlineVolumeSpec.csi.driver: Required value", "spec.source.inlineVolumeSpec.csi.volumeHandle: Required value"],
  ["min", { "spec.attacher": `${long(254)}` }, "spec.attacher: Too long: may not be more than 63 bytes", `spec.attacher: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["min", { "spec.attacher": "x/y/z" }, `spec.attacher: Invalid value: "x/y/z": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.nodeName": `${long(254)}` }, `spec.nodeName: Invalid value: "${long(254)}": must be no more than 253 characters`],
]);

updateTests(volumeAttachment, bases, [
  ["min", { "spec.attacher": undefined, "metadata": { name: "t" } }, "spec.attacher: Required value", "spec: Invalid value: {\"Attacher\":\"\",\"Source\":{\"PersistentVolumeName\":\"p\",\"InlineVolumeSpec\":null},\"NodeName\":\"n\"}: field is immutable"],
  ["min", { "spec.source.inlineVolumeSpec": { accessModes: ["ReadWriteOnce"], csi: { driver: "d.example.com", volumeHandle: "h" } }, "metadata": { name: "t" } }, "spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName", "spec: Invalid value: {\"Attacher\":\"a\",\"Source\":{\"PersistentVolumeName\":\"p\",\"InlineVolumeSpec\":{\"Capacity\":null,\"GCEPersistentDisk\":null,\"AWSElasticBloc…"],
  ["min", { "spec.source": undefined, "metadata": { name: "t" } }, "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName", "spec: Invalid value: {\"Attacher\":\"a\",\"Source\":{\"PersistentVolumeName\":null,\"InlineVolumeSpec\":null},\"NodeName\":\"n\"}: field is immutable"],
]);
