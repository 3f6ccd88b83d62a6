import { required } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { ControllerRevision } from "../../wire.ts";
import { type Errors, immutable, invalidEach, NEGATIVE_TEXT } from "../common.ts";
import { equalJson } from "../equality.ts";
import { nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";

const DATA = fieldPath("data");

export function validateControllerRevision(revision: ControllerRevision): Errors {
  const errors = validateMetaAndRevision(revision);
  validateData(revision.data, errors);
  return errors;
}

function validateMetaAndRevision(revision: ControllerRevision): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(revision.metadata, true, nameIsDnsSubdomain, errors);
  if ((revision.revision ?? 0) < 0) invalidEach([NEGATIVE_TEXT], revision.revision, fieldPath("revision"), errors);
  return errors;
}

function validateData(data: unknown, errors: Errors): void {
  if (data === undefined || data === null) errors.push(required(DATA, "data is mandatory"));
  else if (typeof data !== "object" || Array.isArray(data)) errors.push(required(DATA, "data must be a valid JSON object"));
}

export function validateControllerRevisionUpdate(revision: ControllerRevision, old: ControllerRevision): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(revision.metadata, old.metadata, errors);
  errors.push(...validateMetaAndRevision(revision));
  immutable(equalJson(revision.data, old.data), revision.data, DATA, errors);
  return errors;
}
