import { compareQuantities } from "../../quantity.ts";
import { duplicate, type FieldError, forbidden, invalid, notFound, notSupported, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { ContainerResizePolicy, ResourceRequirements } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { dns1123Label } from "../names.ts";
import { isHugePages, isHugePagesDivisible, isOvercommitAllowed, validateResourceQuantity } from "../resources.ts";

type NameRule = (name: string, path: FieldPath, errors: Errors) => void;

/** Requests and limits of a container, or of a pod as a whole: `nameRule` says which resources it may have. */
export function validateResourceRequirements(resources: ResourceRequirements, nameRule: NameRule, claimNames: ReadonlySet<string>, path: FieldPath, errors: Errors): void {
  const { limits, requests } = resources;
  for (const name in limits) validateOne(name, limits[name] ?? "", nameRule, path, "limits", errors);
  for (const name in requests) {
    const quantity = requests[name] ?? "";
    const fixed = !isOvercommitAllowed(name);
    validateOne(name, quantity, nameRule, path, "requests", errors, () => {
      const limit = limits?.[name];
      if (limit === undefined) {
        if (fixed) errors.push(required(path.child("limits"), "Limit must be set for non overcommitable resources"));
        return;
      }
      const order = compareQuantities(quantity, limit);
      if (order !== 0 && fixed) errors.push(invalid(path.child("requests"), quantity, `must be equal to ${name} limit of ${limit}`));
      else if (order > 0) errors.push(invalid(path.child("requests"), quantity, `must be less than or equal to ${name} limit of ${limit}`));
    });
  }
  if (hasHugePages(limits) || hasHugePages(requests)) {
    if (!hasCompute(limits) && !hasCompute(requests)) errors.push(forbidden(path, "HugePages require cpu or memory"));
  }
  if (resources.claims) validateClaimNames(resources.claims, claimNames, path.child("claims"), errors);
}

function validateOne(name: string, quantity: string, nameRule: NameRule, path: FieldPath, list: "limits" | "requests", errors: Errors, between?: () => void): void {
  const at = path.child(list).key(name);
  nameRule(name, at, errors);
  validateResourceQuantity(name, quantity, at, errors);
  between?.();
  if (isHugePages(name) && !isHugePagesDivisible(name, quantity)) errors.push(invalid(at, quantity, `${quantity} is not positive integer multiple of ${name}`));
}

type List = ResourceRequirements["limits"];

function hasHugePages(list: List): boolean {
  for (const name in list) if (isHugePages(name)) return true;
  return false;
}

function hasCompute(list: List): boolean {
  return list?.["cpu"] !== undefined || list?.["memory"] !== undefined;
}

/** Claims that a container uses: each named in the pod, none twice, neither whole and in part. */
function validateClaimNames(claims: NonNullable<ResourceRequirements["claims"]>, podClaims: ReadonlySet<string>, path: FieldPath, errors: Errors): void {
  const names = new Set<string>();
  claims.forEach((claim, i) => {
    const at = path.index(i);
    const name = claim.name ?? "";
    if (name === "") {
      errors.push(required(at));
      return;
    }
    if (names.has(name)) errors.push(duplicate(at, name));
    else {
      if (claim.request) invalidEach(dns1123Label(claim.request), claim.request, at.child("request"), errors);
      const key = claim.request ? `${name}/${claim.request}` : name;
      if (names.has(key)) errors.push(duplicate(at, key));
      else if (!claim.request) for (const used of names) if (used.startsWith(`${name}/`)) errors.push(duplicate(at, name));
      names.add(key);
    }
    if (!podClaims.has(name)) errors.push(unknownClaim(at, name, podClaims));
  });
}

function unknownClaim(path: FieldPath, name: string, podClaims: ReadonlySet<string>): FieldError {
  const known = podClaims.size === 0 ? " which is empty" : `: ${[...podClaims].sort().join(", ")}`;
  return { ...notFound(path, name), detail: `must be one of the names in pod.spec.resourceClaims${known}` };
}

/** What a change of resources means for the running container. */
export function validateResizePolicy(policies: readonly ContainerResizePolicy[], podRestartPolicy: string | undefined, path: FieldPath, errors: Errors): void {
  const seen = new Set<string>();
  policies.forEach((policy, i) => {
    const { resourceName = "", restartPolicy = "" } = policy;
    if (seen.has(resourceName)) errors.push(duplicate(path.index(i), resourceName));
    seen.add(resourceName);
    requireKnown(resourceName, ["cpu", "memory"], path, errors);
    requireKnown(restartPolicy, ["NotRequired", "RestartContainer"], path, errors);
    if (podRestartPolicy === "Never" && restartPolicy !== "NotRequired") errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
  });
}

function requireKnown(value: string, known: readonly string[], path: FieldPath, errors: Errors): void {
  if (value === "") errors.push(required(path));
  else if (!known.includes(value)) errors.push(notSupported(path, value, known));
}
