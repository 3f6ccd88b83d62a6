import { duplicate, invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { PodResourceClaim } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { internalJson } from "../internal-json.ts";
import { dns1123Label, nameIsDnsSubdomain } from "../names.ts";

/** Claims of devices that the pod's containers may use: each by a name of its own, from a claim or a template. */
export function validateResourceClaims(claims: readonly PodResourceClaim[], path: FieldPath, errors: Errors): void {
  const names = new Set<string>();
  claims.forEach((claim, i) => {
    const at = path.index(i);
    const { name = "", resourceClaimName, resourceClaimTemplateName } = claim;
    if (name === "") errors.push(required(at.child("name")));
    else if (names.has(name)) errors.push(duplicate(at.child("name"), name));
    else {
      invalidEach(dns1123Label(name), name, at.child("name"), errors);
      names.add(name);
    }
    const both = resourceClaimName !== undefined && resourceClaimTemplateName !== undefined;
    const neither = resourceClaimName === undefined && resourceClaimTemplateName === undefined;
    const shown = () => internalJson("io.k8s.api.core.v1.PodResourceClaim", claim);
    if (both) errors.push(invalid(at, shown(), "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"));
    if (neither) errors.push(invalid(at, shown(), "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"));
    if (resourceClaimName !== undefined) invalidEach(nameIsDnsSubdomain(resourceClaimName, false), resourceClaimName, at.child("resourceClaimName"), errors);
    if (resourceClaimTemplateName !== undefined) invalidEach(nameIsDnsSubdomain(resourceClaimTemplateName, false), resourceClaimTemplateName, at.child("resourceClaimTemplateName"), errors);
  });
}
