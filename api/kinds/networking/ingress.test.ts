import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { ingress } from "./ingress.ts";

const bases = {
  min: { spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } } },
  rules: { spec: { ingressClassName: "c", tls: [{}, { hosts: ["a.b"], secretName: "s" }], rules: [{}, { host: "a.b" }, { host: "*.a.b", http: { paths: [{ pathType: "ImplementationSpecific", backend: { service: { name: "s", port: { name: "web" } } } }, { path: "/", pathType: "Prefix", backend: { service: { name: "s", port: { number: 1 } } } }, { path: "/x", pathType: "Exact", backend: { resource: { kind: "K", name: "n", apiGroup: "g.io" } } }] } }] } },
};

ruleTests(ingress, bases, [
  ["min", { "spec": undefined }, "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
  ["min", { "spec.defaultBackend": undefined }, "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
  ["min", { "spec.defaultBackend.service.port.number": 1, "spec.defaultBackend.resource": { kind: "K", name: "n" } }, "spec.defaultBackend: Invalid value: \"\": cannot set both resource and service backends"],
  ["min", { "spec.defaultBackend.service.name": undefined, "spec.defaultBackend.service.port.number": 1 }, "spec.defaultBackend.service.name: Required value"],
  ["min", { "spec.defaultBackend.service.port.number": 1, "spec.defaultBackend.service.port.name": "a" }, "spec.defaultBackend: Invalid value: \"\": cannot set both port name & port number"],
  ["min", { "spec.defaultBackend.service.port.number": 65536 }, "spec.defaultBackend.service.port.number: Invalid value: 65536: must be between 1 and 65535, inclusive"],
  ["min", { "spec.rules": [{ host: "A_b" }] }, `spec.rules[0].host: Invalid value: "A_b": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.rules": [{ host: "a.*.b" }] }, "spec.rules[0].host: Invalid value: \"a.*.b\": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"],
  ["min", { "spec.rules": [{ host: "*" }] }, "spec.rules[0].host: Invalid value: \"*\": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"],
  ["min", { "spec.rules": [{ host: "a.b:80" }] }, `spec.rules[0].host: Invalid value: "a.b:80": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.rules": [{ http: { paths: [] } }] }, "spec.rules[0].http.paths: Required value"],
  ["min", { "spec.rules": [{ http: { paths: [{ backend: { service: { name: "s", port: { number: 1 } } } }] } }] }, "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"],
  ["min", { "spec.rules": [{ http: { paths: [{ path: "a", pathType: "Exact", backend: { service: { name: "s", port: { number: 1 } } } }] } }] }, "spec.rules[0].http.paths[0].path: Invalid value: \"a\": must be an absolute path"],
  ["min", { "spec.rules": [{ http: { paths: [{ path: "/a//b", pathType: "Prefix", backend: { service: { name: "s", port: { number: 1 } } } }] } }] }, "spec.rules[0].http.paths[0].path: Invalid value: \"/a//b\": must not contain '//'"],
  ["min", { "spec.rules": [{ http: { paths: [{ path: "/a(b)*", pathType: "ImplementationSpecific", backend: { service: { name: "s", port: { number: 1 } } } }] } }] }],
  ["min", { "spec.rules": [{ http: { paths: [{ path: "a", pathType: "ImplementationSpecific", backend: { service: { name: "s", port: { number: 1 } } } }] } }] }, "spec.rules[0].http.paths[0].path: Invalid value: \"a\": must be an absolute path"],
  ["min", { "spec.rules": [{ http: { paths: [{ path: "/", pathType: "Exact" }] } }] }, "spec.rules[0].http.paths[0].backend: Invalid value: \"\": resource or service backend is required"],
  ["min", { "spec.rules": [{ http: { paths: [{ path: "/", pathType: "Exact", backend: { resource: { name: "a" } } }] } }] }, "spec.rules[0].http.paths[0].backend.resource.kind: Required value"],
  ["min", { "spec.tls": [{ hosts: ["A_b"] }] }, `spec.tls[0].hosts[0]: Invalid value: "A_b": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.tls": [{ hosts: ["a.b"], secretName: "A_b" }] }, `spec.tls[0].secretName: Invalid value: "A_b": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.ingressClassName": "A_b" }, `spec.ingressClassName: Invalid value: "A_b": ${DNS_SUBDOMAIN}`],
  ["min", { "metadata": { name: "t", annotations: { "kubernetes.io/ingress.class": "a" } } }],
  ["rules", { "spec.rules[2].http.paths[2].backend.resource.kind": undefined, "spec.rules[2].http.paths[2].backend.resource.name": undefined, "spec.rules[2].http.paths[2].backend.resource.apiGroup": undefined }, "spec.rules[2].http.paths[2].backend.resource.kind: Required value", "spec.rules[2].http.paths[2].backend.resource.name: Required value"],
  ["rules", { "spec.rules[2].http.paths[2].backend.resource.apiGroup": `${long(254)}` }, `spec.rules[2].http.paths[2].backend.resource.apiGroup: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["rules", { "spec.rules[2].http.paths[2].backend.resource.kind": "../x" }, "spec.rules[2].http.paths[2].backend.resource.kind: Invalid value: \"../x\": may not contain '/'"],
  ["rules", { "spec.rules[2].http.paths[0].backend.service.name": undefined, "spec.rules[2].http.paths[0].backend.service.port": undefined }, "spec.rules[2].http.paths[0].backend.service.name: Required value", "spec.rules[2].http.paths[0].backend: Required value: port name or number is required"],
  ["rules", { "spec.rules[2].host": `${long(254)}` }, `spec.rules[2].host: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["rules", { "spec.rules[2].http.paths[0].backend.service.port": undefined }, "spec.rules[2].http.paths[0].backend: Required value: port name or number is required"],
  ["min", { "spec.defaultBackend.service.name": "a..b" }, `spec.defaultBackend.service.name: Invalid value: "a..b": ${DNS_LABEL}`],
  ["min", { "spec.defaultBackend.service.name": `${long(254)}` }, `spec.defaultBackend.service.name: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["rules", { "spec.rules[2].http.paths[2].backend.resource.name": undefined }, "spec.rules[2].http.paths[2].backend.resource.name: Required value"],
  ["rules", { "spec.rules[2].http.paths[0].backend.service.name": `${long(254)}` }, `spec.rules[2].http.paths[0].backend.service.name: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["rules", { "spec.tls[1].hosts[0]": `${long(254)}` }, `spec.tls[1].hosts[0]: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["rules", { "spec.rules[2].http.paths[0].backend.service.name": undefined }, "spec.rules[2].http.paths[0].backend.service.name: Required value"],
]);
