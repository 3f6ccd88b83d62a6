import { compareQuantities, Quantity, QuantityError, quantityMilli } from "../quantity.ts";
import { invalid } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import { type Errors, invalidEach, NEGATIVE_TEXT, NOT_INTEGER_TEXT, NOT_POSITIVE_TEXT } from "./common.ts";
import { qualifiedName } from "./names.ts";

/** A map of resource names to quantities as canonical text. */
export type ResourceList = Readonly<Record<string, string>>;

const HUGE_PAGES_PREFIX = "hugepages-";
const REQUESTS_PREFIX = "requests.";
const KUBERNETES_DOMAIN = "kubernetes.io/";

const containerResources = new Set(["cpu", "memory", "ephemeral-storage"]);
const quotaResources = new Set([
  ...["cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage"],
  ...["limits.cpu", "limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers"],
  ...["secrets", "persistentvolumeclaims", "configmaps", "services.nodeports", "services.loadbalancers"],
]);
const standardResources = new Set([...quotaResources, "storage"]);
/** Resources that are counted in whole units. */
const integerResources = new Set(["pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims", "services.nodeports", "services.loadbalancers"]);

export function isHugePages(name: string): boolean {
  return name.startsWith(HUGE_PAGES_PREFIX);
}

function isQuotaHugePages(name: string): boolean {
  return name.startsWith(HUGE_PAGES_PREFIX) || name.startsWith(REQUESTS_PREFIX + HUGE_PAGES_PREFIX);
}

/** Without a domain, or of Kubernetes' own. */
export function isNativeResource(name: string): boolean {
  return !name.includes("/") || name.includes(KUBERNETES_DOMAIN);
}

/** A device plugin's resource: `example.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith(REQUESTS_PREFIX)) return false;
  return qualifiedName(REQUESTS_PREFIX + name).length === 0;
}

/** More may be promised than there is (limits above requests); never so for extended resources and huge pages. */
export function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !isHugePages(name);
}

export function isStandardQuotaResource(name: string): boolean {
  return quotaResources.has(name) || isQuotaHugePages(name);
}

export function isIntegerResource(name: string): boolean {
  return integerResources.has(name) || isExtendedResource(name);
}

/** What a pod as a whole may ask for. */
export function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || isHugePages(name);
}

/** A compute resource's name: a standard one or one with a domain. */
export function validateResourceName(name: string, path: FieldPath, errors: Errors): boolean {
  if (containerResources.has(name)) return true;
  const before = errors.length;
  invalidEach(qualifiedName(name), name, path, errors);
  if (errors.length > before) return false;
  if (!name.includes("/") && !standardResources.has(name) && !isQuotaHugePages(name)) {
    errors.push(invalid(path, name, "must be a standard resource type or fully qualified"));
    return false;
  }
  return true;
}

/** A resource that a container may ask for. */
export function validateContainerResourceName(name: string, path: FieldPath, errors: Errors): void {
  if (containerResources.has(name)) return;
  validateResourceName(name, path, errors);
  if (!name.includes("/")) {
    if (!isHugePages(name)) errors.push(invalid(path, name, "must be a standard resource for containers"));
  } else if (!isNativeResource(name) && !isExtendedResource(name)) errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
}

/** A resource that a quota may limit. */
export function validateQuotaResourceName(name: string, path: FieldPath, errors: Errors): void {
  validateResourceName(name, path, errors);
  if (!name.includes("/") && !isStandardQuotaResource(name)) errors.push(invalid(path, name, "must be a standard resource for quota"));
}

/** -1, 0 or 1. */
export function signOf(quantity: string): -1 | 0 | 1 {
  return quantity.startsWith("-") ? -1 : compareQuantities(quantity, "0");
}

export function validateNonNegativeQuantity(quantity: string, path: FieldPath, errors: Errors): void {
  if (quantity.startsWith("-")) errors.push(invalid(path, quantity, NEGATIVE_TEXT));
}

export function validatePositiveQuantity(quantity: string, path: FieldPath, errors: Errors): void {
  if (signOf(quantity) <= 0) errors.push(invalid(path, quantity, NOT_POSITIVE_TEXT));
}

/** A quantity of that resource: not negative, whole where the resource is counted. */
export function validateResourceQuantity(name: string, quantity: string, path: FieldPath, errors: Errors): void {
  if (quantity.startsWith("-")) errors.push(invalid(path, quantity, NEGATIVE_TEXT));
  if (!containerResources.has(name) && isIntegerResource(name) && quantityMilli(quantity) % 1000 !== 0) errors.push(invalid(path, quantity, NOT_INTEGER_TEXT));
}

/** Not below zero by its whole units (rounded up), as capacities are checked. */
export function validateBasicQuantity(quantity: string, path: FieldPath, errors: Errors): void {
  const value = Quantity.parse(quantity).value();
  if (value < 0n) errors.push(invalid(path, value, "must be a valid resource quantity"));
}

/** A whole number of the pages whose size is in the name. */
export function isHugePagesDivisible(name: string, quantity: string): boolean {
  try {
    const page = Quantity.parse(name.slice(HUGE_PAGES_PREFIX.length));
    return page.sign() > 0 && page.milliValue() % 1000n === 0n && Quantity.parse(quantity).value() % page.value() === 0n;
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}
