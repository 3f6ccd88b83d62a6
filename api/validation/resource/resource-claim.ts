import { RawValue } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { ResourceClaim, ResourceClaimTemplate } from "../../wire.ts";
import { type Errors, immutable } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { internalForm, internalJson } from "../internal-json.ts";
import { nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { validateTemplateMeta } from "../persistent-volume-claim-spec.ts";
import { validateClaimSpec } from "./claim-spec.ts";

const SPEC = fieldPath("spec");
const CLAIM_SPEC = "io.k8s.api.resource.v1.ResourceClaimSpec";
const TEMPLATE_SPEC = "io.k8s.api.resource.v1.ResourceClaimTemplateSpec";

export function validateResourceClaim(claim: ResourceClaim): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(claim.metadata, true, nameIsDnsSubdomain, errors);
  validateClaimSpec(claim.spec, false, SPEC, errors);
  return errors;
}

export function validateResourceClaimUpdate(claim: ResourceClaim, old: ResourceClaim): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(claim.metadata, true, nameIsDnsSubdomain, errors);
  validateCoreObjectMetaUpdate(claim.metadata, old.metadata, errors);
  immutable(semanticEqual(CLAIM_SPEC, claim.spec, old.spec), internalJson(CLAIM_SPEC, claim.spec), SPEC, errors);
  return errors;
}

export function validateResourceClaimTemplate(template: ResourceClaimTemplate): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(template.metadata, true, nameIsDnsSubdomain, errors);
  validateTemplateMeta(template.spec?.metadata ?? {}, SPEC.child("metadata"), errors);
  validateClaimSpec(template.spec?.spec, false, SPEC.child("spec"), errors);
  return errors;
}

export function validateResourceClaimTemplateUpdate(template: ResourceClaimTemplate, old: ResourceClaimTemplate): Errors {
  const errors = validateResourceClaimTemplate(template);
  validateCoreObjectMetaUpdate(template.metadata, old.metadata, errors);
  immutable(semanticEqual(TEMPLATE_SPEC, template.spec, old.spec), templateSpecJson(template), SPEC, errors);
  return errors;
}

/** The internal type takes the metadata's fields into itself. */
function templateSpecJson(template: ResourceClaimTemplate): RawValue {
  const claim = internalForm(CLAIM_SPEC, template.spec?.spec);
  return new RawValue(JSON.stringify({ ...template.spec?.metadata, Spec: claim }));
}
