import { duplicate, invalid, notSupported, required, tooMany } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { EndpointSlice } from "../wire.ts";
import { type Errors, immutable, invalidEach, optionalEnum } from "./common.ts";
import { parseIp, validateLegacyIp, validateNonSpecialIp } from "./ip.ts";
import { dns1123Label, dns1123Subdomain, labelValue, nameIsDnsSubdomain, qualifiedName } from "./names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "./object-meta.ts";
import { protocols } from "./pod/ports.ts";

type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];

const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_HINTS = 8;
const MAX_PORTS = 20000;
const addressTypes = ["FQDN", "IPv4", "IPv6"];

export function validateEndpointSlice(slice: EndpointSlice, old?: EndpointSlice): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(slice.metadata, true, nameIsDnsSubdomain, errors);
  requiredTopLevel(slice.addressType, errors);
  validatePorts(slice.ports ?? [], fieldPath("ports"), errors);
  const known = old?.endpoints?.flatMap((endpoint) => endpoint.addresses ?? []);
  validateEndpointList(slice, known, fieldPath("endpoints"), errors);
  return errors;
}

function requiredTopLevel(type: string | undefined, errors: Errors): void {
  if (!type) errors.push(required("addressType"));
  else if (!addressTypes.includes(type)) errors.push(notSupported("addressType", type, addressTypes));
}

export function validateEndpointSliceUpdate(slice: EndpointSlice, old: EndpointSlice): Errors {
  const errors = validateEndpointSlice(slice, old);
  immutable(slice.addressType === old.addressType, slice.addressType ?? "", fieldPath("addressType"), errors);
  validateCoreObjectMetaUpdate(slice.metadata, old.metadata, errors);
  return errors;
}

function validateEndpointList(slice: EndpointSlice, known: readonly string[] | undefined, path: FieldPath, errors: Errors): void {
  const endpoints = slice.endpoints ?? [];
  if (endpoints.length > MAX_ENDPOINTS) {
    errors.push(tooMany(path, endpoints.length, MAX_ENDPOINTS));
    return;
  }
  endpoints.forEach((endpoint, i) => {
    validateEndpoint(endpoint, slice.addressType, known, path.index(i), errors);
  });
}

function validateEndpoint(endpoint: Endpoint, type: string, known: readonly string[] | undefined, path: FieldPath, errors: Errors): void {
  const at = path.child("addresses");
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) errors.push(required(at, "must contain at least 1 address"));
  else if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(at, addresses.length, MAX_ADDRESSES));
  addresses.forEach((address, i) => {
    validateAddress(address, type, known, at.index(i), errors);
  });
  const node = endpoint.nodeName;
  if (node !== undefined) invalidEach(nameIsDnsSubdomain(node, false), node, path.child("nodeName"), errors);
  if (endpoint.hostname !== undefined) invalidEach(dns1123Label(endpoint.hostname), endpoint.hostname, path.child("hostname"), errors);
  validateHints(endpoint.hints?.forZones, labelValue, path.child("hints", "forZones"), errors);
  validateHints(endpoint.hints?.forNodes, (name) => nameIsDnsSubdomain(name, false), path.child("hints", "forNodes"), errors);
}

function validateAddress(address: string, type: string, known: readonly string[] | undefined, path: FieldPath, errors: Errors): void {
  if (type === "FQDN") {
    const name = address.replace(/\.$/, "");
    if (address === "") {
      errors.push(required(path));
      return;
    }
    const messages = dns1123Subdomain(name);
    invalidEach(messages, address, path, errors);
    if (messages.length === 0 && name.split(".").length < 2) errors.push(invalid(path, address, "should be a domain with at least two segments separated by dots"));
    return;
  }
  if (type !== "IPv4" && type !== "IPv6") return;
  const before = errors.length;
  validateLegacyIp(address, path, errors, known);
  if (errors.length > before) return;
  if (parseIp(address)?.family !== (type === "IPv4" ? 4 : 6)) errors.push(invalid(path, address, `must be an ${type} address`));
  validateNonSpecialIp(address, path, errors);
}

function validateHints(hints: readonly { name: string }[] | undefined, rule: (name: string) => readonly string[], path: FieldPath, errors: Errors): void {
  if (!hints) return;
  if (hints.length > MAX_HINTS) {
    errors.push(tooMany(path, hints.length, MAX_HINTS));
    return;
  }
  const seen = new Set<string>();
  hints.forEach(({ name = "" }, i) => {
    const at = path.index(i).child("name");
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    invalidEach(rule(name), name, at, errors);
  });
}

function validatePorts(ports: NonNullable<EndpointSlice["ports"]>, path: FieldPath, errors: Errors): void {
  if (ports.length > MAX_PORTS) {
    errors.push(tooMany(path, ports.length, MAX_PORTS));
    return;
  }
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const at = path.index(i);
    const { name = "", appProtocol } = port;
    if (name !== "") invalidEach(dns1123Label(name), name, at.child("name"), errors);
    if (names.has(name)) errors.push(duplicate(at.child("name"), name));
    names.add(name);
    if (port.protocol === undefined) errors.push(required(at.child("protocol")));
    else optionalEnum(port.protocol, protocols, at, "protocol", errors);
    if (appProtocol !== undefined) invalidEach(qualifiedName(appProtocol), appProtocol, at.child("appProtocol"), errors);
  });
}
