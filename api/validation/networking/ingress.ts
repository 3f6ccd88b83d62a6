import { invalid, notSupported, required } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { Ingress } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { parseIp, validateLegacyIp } from "../ip.ts";
import { dns1123Subdomain, nameIsDnsLabel, nameIsDnsSubdomain, pathSegmentName, portName, portNumber, wildcardDns1123Subdomain } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { validateHostname } from "../service-addresses.ts";

type Spec = NonNullable<Ingress["spec"]>;
type Backend = NonNullable<Spec["defaultBackend"]>;
type Path = NonNullable<NonNullable<NonNullable<Spec["rules"]>[number]["http"]>["paths"]>[number];

const SPEC = fieldPath("spec");
export const INGRESS_CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const pathTypes = ["Exact", "Prefix", "ImplementationSpecific"];

export function validateIngress(ingress: Ingress): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(ingress.metadata, true, nameIsDnsSubdomain, errors);
  validateSpec(ingress.spec ?? {}, errors);
  const annotation = ingress.metadata.annotations?.[INGRESS_CLASS_ANNOTATION];
  const name = ingress.spec?.ingressClassName;
  if (annotation !== undefined && name !== undefined && annotation !== name) {
    errors.push(invalid(fieldPath("annotations", INGRESS_CLASS_ANNOTATION), annotation, "must match `ingressClassName` when both are specified"));
  }
  return errors;
}

export function validateIngressUpdate(ingress: Ingress, old: Ingress): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(ingress.metadata, old.metadata, errors);
  validateCoreObjectMeta(ingress.metadata, true, nameIsDnsSubdomain, errors);
  validateSpec(ingress.spec ?? {}, errors);
  return errors;
}

function validateSpec(spec: Spec, errors: Errors): void {
  if (!spec.rules?.length && !spec.defaultBackend) errors.push(invalid(SPEC, spec.rules ?? null, "either `defaultBackend` or `rules` must be specified"));
  if (spec.defaultBackend) validateBackend(spec.defaultBackend, SPEC.child("defaultBackend"), errors);
  spec.rules?.forEach((rule, i) => {
    validateRule(rule, SPEC.child("rules").index(i), errors);
  });
  spec.tls?.forEach((tls, i) => {
    const path = SPEC.child("tls").index(i);
    tls.hosts?.forEach((host, j) => {
      invalidEach(host.includes("*") ? wildcardDns1123Subdomain(host) : dns1123Subdomain(host), host, path.child("hosts").index(j), errors);
    });
    if (tls.secretName) invalidEach(nameIsDnsSubdomain(tls.secretName, false), tls.secretName, path.child("secretName"), errors);
  });
  const name = spec.ingressClassName;
  if (name !== undefined) invalidEach(nameIsDnsSubdomain(name, false), name, SPEC.child("ingressClassName"), errors);
}

function validateRule(rule: NonNullable<Spec["rules"]>[number], path: FieldPath, errors: Errors): void {
  const { host } = rule;
  if (host) {
    const at = path.child("host");
    if (parseIp(host)) errors.push(invalid(at, host, "must be a DNS name, not an IP address"));
    invalidEach(host.includes("*") ? wildcardDns1123Subdomain(host) : dns1123Subdomain(host), host, at, errors);
  }
  if (!rule.http) return;
  const at = path.child("http", "paths");
  if (!rule.http.paths?.length) errors.push(required(at));
  rule.http.paths?.forEach((item, i) => {
    validatePath(item, at.index(i), errors);
  });
}

function validatePath(item: Path, path: FieldPath, errors: Errors): void {
  const { pathType: type } = item;
  const text = item.path ?? "";
  const fail = (detail: string) => errors.push(invalid(path.child("path"), text, detail));
  if (type === undefined) {
    errors.push(required(path.child("pathType"), "pathType must be specified"));
    return;
  }
  if (type === "Exact" || type === "Prefix") {
    if (!text.startsWith("/")) fail("must be an absolute path");
    for (const part of ["//", "/./", "/../", "%2f", "%2F"]) if (text.includes(part)) fail(`must not contain '${part}'`);
    for (const end of ["/..", "/."]) if (text.endsWith(end)) fail(`cannot end with '${end}'`);
  } else if (type === "ImplementationSpecific") {
    if (text !== "" && !text.startsWith("/")) fail("must be an absolute path");
  } else errors.push(notSupported(path.child("pathType"), type, pathTypes));
  validateBackend(item.backend ?? {}, path.child("backend"), errors);
}

function validateBackend(backend: Backend, path: FieldPath, errors: Errors): void {
  const { resource, service } = backend;
  if (resource && service) errors.push(invalid(path, "", "cannot set both resource and service backends"));
  else if (resource) validateLocalReference(resource, path.child("resource"), errors);
  else if (service) validateServiceBackend(service, path, errors);
  else errors.push(invalid(path, "", "resource or service backend is required"));
}

function validateServiceBackend(service: NonNullable<Backend["service"]>, path: FieldPath, errors: Errors): void {
  const at = path.child("service");
  if (!service.name) errors.push(required(at.child("name")));
  else invalidEach(nameIsDnsLabel(service.name, false), service.name, at.child("name"), errors);
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(invalid(path, "", "cannot set both port name & port number"));
  else if (name) invalidEach(portName(name), name, at.child("port", "name"), errors);
  else if (number) invalidEach(portNumber(number), number, at.child("port", "number"), errors);
  else errors.push(required(path, "port name or number is required"));
}

/** An object of the same namespace, of any kind. */
export function validateLocalReference(reference: { apiGroup?: string; kind?: string; name?: string }, path: FieldPath, errors: Errors): void {
  const { apiGroup, kind, name } = reference;
  if (apiGroup !== undefined) invalidEach(dns1123Subdomain(apiGroup), apiGroup, path.child("apiGroup"), errors);
  if (!kind) errors.push(required(path.child("kind")));
  else invalidEach(pathSegmentName(kind), kind, path.child("kind"), errors);
  if (!name) errors.push(required(path.child("name")));
  else invalidEach(pathSegmentName(name), name, path.child("name"), errors);
}

export function validateIngressStatusUpdate(ingress: Ingress, old: Ingress): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(ingress.metadata, old.metadata, errors);
  const before = old.status?.loadBalancer?.ingress?.flatMap((address) => address.ip ?? []);
  ingress.status?.loadBalancer?.ingress?.forEach((address, i) => {
    const path = fieldPath("status", "loadBalancer", "ingress").index(i);
    if (address.ip) validateLegacyIp(address.ip, path.child("ip"), errors, before);
    if (address.hostname) validateHostname(address.hostname, path.child("hostname"), errors);
  });
  return errors;
}
