import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { ingressClass } from "./ingress-class.ts";

const bases = {
  min: { spec: { controller: "a/b" } },
  params: { spec: { controller: "a/b", parameters: { kind: "K", name: "n" } } },
  "params-namespace": { spec: { controller: "a/b", parameters: { apiGroup: "g.io", kind: "K", name: "n", scope: "Namespace", namespace: "x" } } },
};

ruleTests(ingressClass, bases, [
  ["min", { "spec.controller": "foo" }, "spec.controller: Invalid value: \"foo\": must be a domain-prefixed path (such as \"acme.io/foo\")"],
  ["params", { "spec.parameters.scope": "Foo" }, "spec.parameters.scope: Unsupported value: \"Foo\": supported values: \"Cluster\", \"Namespace\""],
  ["params", { "spec.parameters.scope": "Namespace" }, "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
  ["params-namespace", { "spec.parameters.apiGroup": "" }, `spec.parameters.apiGroup: Invalid value: "": ${DNS_SUBDOMAIN}`],
  ["params-namespace", { "spec.parameters.namespace": `${long(254)}` }, `spec.parameters.namespace: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["params", { "spec.parameters.kind": "../x" }, "spec.parameters.kind: Invalid value: \"../x\": may not contain '/'"],
  ["params-namespace", { "spec.parameters.namespace": "" }, `spec.parameters.namespace: Invalid value: "": ${DNS_LABEL}`],
  ["min", { "spec.controller": "../x" }, `spec.controller: Invalid value: "..": ${DNS_SUBDOMAIN}`],
  ["params", { "spec.parameters.name": undefined }, "spec.parameters.name: Required value"],
  ["min", { "spec": undefined }, "spec.controller: Required value"],
  ["min", { "spec.controller": `${long(254)}` }, "spec.controller: Too long: may not be more than 250 bytes", `spec.controller: Invalid value: "${long(254)}": must be a domain-prefixed path (such as "acme.io/foo")`],
  ["params", { "spec.parameters": {} }, "spec.parameters.kind: Required value", "spec.parameters.name: Required value"],
  ["params", { "spec.parameters.name": "x/y/z" }, "spec.parameters.name: Invalid value: \"x/y/z\": may not contain '/'"],
  ["params-namespace", { "spec.parameters.apiGroup": `${long(254)}` }, `spec.parameters.apiGroup: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["params-namespace", { "spec.parameters.scope": undefined }, "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
]);

updateTests(ingressClass, bases, [
  ["min", { "spec.controller": undefined }, "spec.controller: Invalid value: \"\": field is immutable", "spec.controller: Required value"],
]);
