import { required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { Endpoints } from "../wire.ts";
import { type Errors, invalidEach, requiredEnum } from "./common.ts";
import { validateLegacyIp, validateNonSpecialIp } from "./ip.ts";
import { dns1123Label, nameIsDnsSubdomain, portNumber, qualifiedName } from "./names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "./object-meta.ts";
import { protocols } from "./pod/ports.ts";

type Subset = NonNullable<Endpoints["subsets"]>[number];
type Address = NonNullable<Subset["addresses"]>[number];
type Port = NonNullable<Subset["ports"]>[number];

export function validateEndpoints(endpoints: Endpoints, old?: Endpoints): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(endpoints.metadata, true, nameIsDnsSubdomain, errors);
  const oldIps = old?.subsets?.flatMap((subset) => [...(subset.addresses ?? []), ...(subset.notReadyAddresses ?? [])].map((address) => address.ip));
  endpoints.subsets?.forEach((subset, i) => {
    validateSubset(subset, oldIps, fieldPath("subsets").index(i), errors);
  });
  return errors;
}

export function validateEndpointsUpdate(endpoints: Endpoints, old: Endpoints): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(endpoints.metadata, old.metadata, errors);
  return [...errors, ...validateEndpoints(endpoints, old)];
}

function validateSubset(subset: Subset, oldIps: readonly string[] | undefined, path: FieldPath, errors: Errors): void {
  const ports = subset.ports ?? [];
  if (!subset.addresses?.length && !subset.notReadyAddresses?.length) errors.push(required(path, "must specify `addresses` or `notReadyAddresses`"));
  for (const list of ["addresses", "notReadyAddresses"] as const) {
    subset[list]?.forEach((address, i) => {
      validateAddress(address, oldIps, path.child(list).index(i), errors);
    });
  }
  ports.forEach((port, i) => {
    validatePort(port, ports.length > 1, path.child("ports").index(i), errors);
  });
}

function validateAddress(address: Address, oldIps: readonly string[] | undefined, path: FieldPath, errors: Errors): void {
  validateLegacyIp(address.ip ?? "", path.child("ip"), errors, oldIps);
  if (address.hostname) invalidEach(dns1123Label(address.hostname), address.hostname, path.child("hostname"), errors);
  if (address.nodeName !== undefined) invalidEach(nameIsDnsSubdomain(address.nodeName, false), address.nodeName, path.child("nodeName"), errors);
  validateNonSpecialIp(address.ip ?? "", path.child("ip"), errors);
}

function validatePort(port: Port, needsName: boolean, path: FieldPath, errors: Errors): void {
  if (port.name) invalidEach(dns1123Label(port.name), port.name, path.child("name"), errors);
  else if (needsName) errors.push(required(path.child("name")));
  invalidEach(portNumber(port.port ?? 0), port.port ?? 0, path.child("port"), errors);
  requiredEnum(port.protocol, protocols, path, "protocol", errors);
  if (port.appProtocol !== undefined) invalidEach(qualifiedName(port.appProtocol), port.appProtocol, path.child("appProtocol"), errors);
}
