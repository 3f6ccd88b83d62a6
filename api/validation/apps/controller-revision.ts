import { required } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { ControllerRevision } from "../../wire.ts";
import { type Errors, immutable, invalidEach, NEGATIVE_TEXT } from "../common.ts";
import { equalJson } from "../equality.ts";
import { nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";

const DATA = fieldPath("data");

export function validateControllerRevision(revision: ControllerRevision): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(revision.metadata, true, nameIsDnsSubdomain, errors);
  if (revision.data === undefined || revision.data === null) errors.push(required(DATA, "data is mandatory"));
  if ((revision.revision ?? 0) < 0) invalidEach([NEGATIVE_TEXT], revision.revision, fieldPath("revision"), errors);
  return errors;
}

export function validateControllerRevisionUpdate(revision: ControllerRevision, old: ControllerRevision): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(revision.metadata, old.metadata, errors);
  errors.push(...validateControllerRevision(revision));
  immutable(equalJson(revision.data, old.data), revision.data, DATA, errors);
  return errors;
}
