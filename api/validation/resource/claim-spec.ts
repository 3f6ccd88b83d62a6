import { invalid, notSupportedInOrder, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { DeviceSubRequest, ExactDeviceRequest, ResourceClaim } from "../../wire.ts";
import { type Errors, invalidEach, NOT_POSITIVE_TEXT } from "../common.ts";
import { dns1123Subdomain } from "../names.ts";
import { type DeviceConfiguration, validateDeviceConfiguration, validateDeviceSelectors } from "./configuration.ts";
import { validateItems, validateSet } from "./lists.ts";
import { validateDeviceToleration, validateFullyQualifiedName, validateLabelText } from "./names.ts";

export type ClaimSpec = ResourceClaim["spec"];
type Claim = NonNullable<ClaimSpec["devices"]>;
type Request = NonNullable<Claim["requests"]>[number];
type Constraint = NonNullable<Claim["constraints"]>[number];

export const MAX_REQUESTS = 32;
const MAX_CONSTRAINTS = 32;
export const MAX_CONFIGS = 32;
const MAX_ALTERNATIVES = 8;
const REFERENCE_TEXT = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
const ONE_KIND_TEXT = "exactly one of `exactly` or `firstAvailable` is required";

/** Names of requests, each with those of its alternatives. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

export function requestNamesOf(spec: ClaimSpec | undefined): RequestNames {
  const names = (spec?.devices?.requests ?? []).map((request) => [request.name ?? "", new Set(request.firstAvailable?.map(({ name }) => name ?? ""))] as const);
  return new Map(names);
}

/** `stored`: the expressions were there before. */
export function validateClaimSpec(spec: ClaimSpec | undefined, stored: boolean, path: FieldPath, errors: Errors): void {
  const at = path.child("devices");
  const claim = spec?.devices;
  const names = requestNamesOf(spec);
  validateSet(claim?.requests, MAX_REQUESTS, (request, below) => validateRequest(request, stored, below, errors), ({ name }) => name ?? "", at.child("requests"), errors);
  validateItems(claim?.constraints, MAX_CONSTRAINTS, (constraint, below) => validateConstraint(constraint, names, below, errors), at.child("constraints"), errors);
  validateItems(claim?.config, MAX_CONFIGS, (config, below) => validateClaimConfiguration(config, names, stored, below, errors), at.child("config"), errors);
}

function validateRequest(request: Request, stored: boolean, path: FieldPath, errors: Errors): void {
  const { name, exactly, firstAvailable } = request;
  validateLabelText(name, path.child("name"), errors);
  const alternatives = (firstAvailable?.length ?? 0) > 0;
  if (alternatives && exactly) errors.push(invalid(path, null, `${ONE_KIND_TEXT}, but multiple fields are set`));
  else if (alternatives) {
    const rule = (alternative: DeviceSubRequest, at: FieldPath) => {
      validateLabelText(alternative.name, at.child("name"), errors);
      validateDeviceRequest(alternative, stored, at, errors);
    };
    validateSet(firstAvailable, MAX_ALTERNATIVES, rule, (alternative) => alternative.name ?? "", path.child("firstAvailable"), errors);
  } else if (exactly) validateDeviceRequest(exactly, stored, path.child("exactly"), errors);
  else errors.push(required(path, ONE_KIND_TEXT));
}

function validateDeviceRequest(request: ExactDeviceRequest | DeviceSubRequest, stored: boolean, path: FieldPath, errors: Errors): void {
  const { deviceClassName, selectors, allocationMode = "", count = 0, tolerations } = request;
  if (!deviceClassName) errors.push(required(path.child("deviceClassName")));
  else invalidEach(dns1123Subdomain(deviceClassName), deviceClassName, path.child("deviceClassName"), errors);
  validateDeviceSelectors(selectors, stored, path.child("selectors"), errors);
  if (allocationMode === "All") {
    if (count !== 0) errors.push(invalid(path.child("count"), count, "must not be specified when allocationMode is 'All'"));
  } else if (allocationMode === "ExactCount") {
    if (count <= 0) errors.push(invalid(path.child("count"), count, NOT_POSITIVE_TEXT));
  } else errors.push(notSupportedInOrder(path.child("allocationMode"), allocationMode, ["All", "ExactCount"]));
  tolerations?.forEach((toleration, i) => {
    validateDeviceToleration(toleration, path.child("tolerations").index(i), errors);
  });
}

function validateConstraint(constraint: Constraint, names: RequestNames, path: FieldPath, errors: Errors): void {
  validateRequestReferences(constraint.requests, names, path.child("requests"), errors);
  const { matchAttribute, distinctAttribute } = constraint;
  if (matchAttribute !== undefined) validateFullyQualifiedName(matchAttribute, path.child("matchAttribute"), errors);
  else if (distinctAttribute !== undefined) validateFullyQualifiedName(distinctAttribute, path.child("distinctAttribute"), errors);
  else errors.push(required(path, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'));
}

export function validateClaimConfiguration(config: DeviceConfiguration & { requests?: string[] }, names: RequestNames, stored: boolean, path: FieldPath, errors: Errors): void {
  validateRequestReferences(config.requests, names, path.child("requests"), errors);
  validateDeviceConfiguration(config, stored, path, errors);
}

function validateRequestReferences(references: readonly string[] | undefined, names: RequestNames, path: FieldPath, errors: Errors): void {
  validateSet(references, MAX_REQUESTS, (name, at) => validateRequestReference(name, names, at, errors), (name) => name, path, errors);
}

/** `request` or `request/alternative`. */
export function validateRequestReference(name: string, names: RequestNames, path: FieldPath, errors: Errors): void {
  const [request = "", alternative, ...more] = name.split("/");
  if (more.length > 0) {
    errors.push(invalid(path, name, REFERENCE_TEXT));
    return;
  }
  validateLabelText(request, path, errors);
  if (alternative !== undefined) validateLabelText(alternative, path, errors);
  const known = names.get(request);
  if (known === undefined || (alternative !== undefined && !known.has(alternative))) errors.push(invalid(path, name, REFERENCE_TEXT));
}
