import { forbidden, required, tooLong } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { VolumeAttachment } from "../../wire.ts";
import { type Errors, immutable, invalidEach } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { internalJson } from "../internal-json.ts";
import { byteLength, nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta } from "../object-meta.ts";
import { validateInlineVolumeSpec } from "../persistent-volume.ts";
import { validateCsiDriverName } from "../volume-sources.ts";

type Spec = NonNullable<VolumeAttachment["spec"]>;

const SPEC = fieldPath("spec");
const STATUS = fieldPath("status");
const DEFINITION = "io.k8s.api.storage.v1.VolumeAttachmentSpec";
const MAX_METADATA_BYTES = 256 * 1024;
const MAX_MESSAGE_BYTES = 1024;
const EXACTLY_ONE_TEXT = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

export function validateVolumeAttachment(attachment: VolumeAttachment): Errors {
  const errors: Errors = [];
  validateMetaSpecStatus(attachment, errors);
  // What only this version of the kind checks.
  if (attachment.spec?.attacher) validateCsiDriverName(attachment.spec.attacher, SPEC.child("attacher"), errors);
  const volume = attachment.spec?.source?.persistentVolumeName;
  if (volume !== undefined) invalidEach(nameIsDnsSubdomain(volume, false), volume, SPEC.child("source", "persistentVolumeName"), errors);
  return errors;
}

function validateMetaSpecStatus(attachment: VolumeAttachment, errors: Errors): void {
  const spec = attachment.spec ?? ({} as Spec);
  validateCoreObjectMeta(attachment.metadata, false, nameIsDnsSubdomain, errors);
  if (!spec.attacher) errors.push(required(SPEC.child("attacher")));
  validateSource(spec.source ?? {}, SPEC.child("source"), errors);
  invalidEach(nameIsDnsSubdomain(spec.nodeName ?? "", false), spec.nodeName ?? "", SPEC.child("nodeName"), errors);
  validateStatus(attachment.status, errors);
}

function validateSource(source: NonNullable<Spec["source"]>, path: FieldPath, errors: Errors): void {
  const { inlineVolumeSpec, persistentVolumeName } = source;
  if (!inlineVolumeSpec && persistentVolumeName === undefined) errors.push(required(path, EXACTLY_ONE_TEXT));
  else if (inlineVolumeSpec && persistentVolumeName !== undefined) errors.push(forbidden(path, EXACTLY_ONE_TEXT));
  else if (persistentVolumeName === "") errors.push(required(path.child("persistentVolumeName"), "must specify non empty persistentVolumeName"));
  else if (inlineVolumeSpec) validateInlineVolumeSpec(inlineVolumeSpec, path.child("inlineVolumeSpec"), errors);
}

function validateStatus(status: VolumeAttachment["status"], errors: Errors): void {
  let size = 0;
  for (const [key, value] of Object.entries(status?.attachmentMetadata ?? {})) size += byteLength(key) + byteLength(value);
  if (size > MAX_METADATA_BYTES) errors.push(tooLong(STATUS.child("attachmentMetadata"), MAX_METADATA_BYTES));
  for (const field of ["attachError", "detachError"] as const) {
    if (byteLength(status?.[field]?.message ?? "") > MAX_MESSAGE_BYTES) errors.push(tooLong(STATUS.child(field, "message"), MAX_MESSAGE_BYTES));
  }
}

export function validateVolumeAttachmentUpdate(attachment: VolumeAttachment, old: VolumeAttachment): Errors {
  const errors: Errors = [];
  validateMetaSpecStatus(attachment, errors);
  immutable(semanticEqual(DEFINITION, attachment.spec, old.spec), internalJson(DEFINITION, attachment.spec), SPEC, errors);
  return errors;
}
