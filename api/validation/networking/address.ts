import { invalid, required } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { IPAddress, ServiceCIDR } from "../../wire.ts";
import { type Errors, immutable, invalidEach } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { internalJson } from "../internal-json.ts";
import { parseCidr, validateCidr, validateIp } from "../ip.ts";
import { dns1123Subdomain, type NameRule, nameIsDnsSubdomain, pathSegmentName } from "../names.ts";
import { METADATA, validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";

const SPEC = fieldPath("spec");
const PARENT = "io.k8s.api.networking.v1.ParentReference";

/** The name is the address itself, in canonical form. */
const nameIsAddress: NameRule = (name) => {
  const errors: Errors = [];
  validateIp(name, METADATA.child("name"), errors);
  return errors.map((error) => error.detail);
};

export function validateIpAddress(address: IPAddress): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(address.metadata, false, nameIsAddress, errors);
  validateParent(address.spec?.parentRef, SPEC.child("parentRef"), errors);
  return errors;
}

type Parent = NonNullable<IPAddress["spec"]>["parentRef"];

function validateParent(parent: Parent | undefined, path: FieldPath, errors: Errors): void {
  if (!parent) {
    errors.push(required(path));
    return;
  }
  if (parent.group) invalidEach(dns1123Subdomain(parent.group), parent.group, path.child("group"), errors);
  for (const field of ["resource", "name"] as const) {
    const value = parent[field];
    if (!value) errors.push(required(path.child(field)));
    else invalidEach(pathSegmentName(value), value, path.child(field), errors);
  }
  if (parent.namespace) invalidEach(pathSegmentName(parent.namespace), parent.namespace, path.child("namespace"), errors);
}

export function validateIpAddressUpdate(address: IPAddress, old: IPAddress): Errors {
  const errors: Errors = [];
  const [now, before] = [address.spec?.parentRef, old.spec?.parentRef];
  validateCoreObjectMetaUpdate(address.metadata, old.metadata, errors);
  validateParent(now, SPEC.child("parentRef"), errors);
  const same = (now === undefined) === (before === undefined) && semanticEqual(PARENT, now, before);
  immutable(same, now === undefined ? null : internalJson(PARENT, now), SPEC.child("parentRef"), errors);
  return errors;
}

export function validateServiceCidr(range: ServiceCIDR): Errors {
  const errors: Errors = [];
  const path = SPEC.child("cidrs");
  const cidrs = range.spec?.cidrs ?? [];
  validateCoreObjectMeta(range.metadata, false, nameIsDnsSubdomain, errors);
  if (cidrs.length === 0) {
    errors.push(required(path, "at least one CIDR required"));
    return errors;
  }
  if (cidrs.length > 2) {
    errors.push(invalid(path, internalJson("io.k8s.api.networking.v1.ServiceCIDRSpec", range.spec), "may only hold up to 2 values"));
    return errors;
  }
  const families = cidrs.map((cidr) => parseCidr(cidr)?.address.family);
  cidrs.forEach((cidr, i) => {
    validateCidr(cidr, path.index(i), errors);
  });
  if (cidrs.length === 2 && families[0] !== undefined && families[0] === families[1]) errors.push(invalid(path, cidrs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"));
  return errors;
}

/** A second range, of the other family, may come later. */
export function validateServiceCidrUpdate(range: ServiceCIDR, old: ServiceCIDR): Errors {
  const errors: Errors = [];
  const [now, before] = [range.spec?.cidrs ?? [], old.spec?.cidrs ?? []];
  validateCoreObjectMetaUpdate(range.metadata, old.metadata, errors);
  if (before.length === 1 && now.length === 2) {
    immutable(now[0] === before[0], now[0], SPEC.child("cidrs").index(0), errors);
    errors.push(...validateServiceCidr(range));
  } else if (before.length === now.length) {
    before.forEach((cidr, i) => {
      immutable(cidr === now[i], now[i], SPEC.child("cidrs").index(i), errors);
    });
  } else immutable(false, range.spec?.cidrs, SPEC.child("cidrs"), errors);
  return errors;
}

export function validateServiceCidrStatusUpdate(range: ServiceCIDR, old: ServiceCIDR): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(range.metadata, old.metadata, errors);
  return errors;
}
