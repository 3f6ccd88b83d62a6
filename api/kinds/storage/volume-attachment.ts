import { validateVolumeAttachment, validateVolumeAttachmentUpdate } from "../../validation/storage/volume-attachment.ts";
import type { VolumeAttachment } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { restoreField, statusOnly } from "../strategies.ts";

export const volumeAttachment = defineKind<VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  plural: "volumeattachments",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.VolumeAttachment",
  subresources: {
    status: statusSubresource("VolumeAttachment", { ...statusOnly<VolumeAttachment>("metadata"), validateUpdate: validateVolumeAttachmentUpdate }),
  },
  strategy: {
    returnDeletedObject: true,
    prepareForCreate(attachment) {
      attachment.status = { attached: false };
    },
    prepareForUpdate(attachment, old) {
      restoreField(attachment, old, "status");
    },
    validate: validateVolumeAttachment,
    validateUpdate: validateVolumeAttachmentUpdate,
    allowUnconditionalUpdate: false,
  },
  columns: [
    nameColumn,
    column("Attacher", "Who attaches it.", (attachment) => attachment.spec?.attacher ?? "", { format: "name" }),
    column("PV", "The volume.", (attachment) => attachment.spec?.source?.persistentVolumeName ?? ""),
    column("Node", "The node.", (attachment) => attachment.spec?.nodeName ?? ""),
    column("Attached", "Whether it is attached.", (attachment) => attachment.status?.attached ?? false, { type: "boolean" }),
    ageColumn,
  ],
});
