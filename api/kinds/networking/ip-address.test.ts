import { ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { ipAddress } from "./ip-address.ts";

const bases = {
  min: { metadata: { name: "192.168.7.7" }, spec: { parentRef: { resource: "services", name: "s" } } },
  stored: { metadata: { name: "192.168.7.122" }, spec: { parentRef: { resource: "services", name: "s", namespace: "x" } } },
  stored2: { metadata: { name: "192.168.7.123" }, spec: { parentRef: { resource: "services", name: "s", namespace: "x" } } },
  stored3: { metadata: { name: "192.168.7.124" }, spec: { parentRef: { resource: "services", name: "s", namespace: "x" } } },
};

ruleTests(ipAddress, bases, [
  ["min", { "metadata.name": "a" }, "metadata.name: Invalid value: \"a\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"],
  ["min", { "metadata.name": "2001:DB8::1" }, "metadata.name: Invalid value: \"2001:DB8::1\": must be in canonical form (\"2001:db8::1\")"],
  ["min", { "spec.parentRef": undefined }, "spec.parentRef: Required value"],
  ["min", { "spec.parentRef.name": "../x" }, "spec.parentRef.name: Invalid value: \"../x\": may not contain '/'"],
  ["min", { "spec.parentRef.name": undefined }, "spec.parentRef.name: Required value"],
  ["min", { "metadata.name": "2001:db8::1", "spec.parentRef.resource": "things", "spec.parentRef.group": "a..b", "spec.parentRef.namespace": "n" }, `spec.parentRef.group: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.parentRef.resource": undefined }, "spec.parentRef.resource: Required value"],
  ["min", { "spec.parentRef.resource": "../x" }, "spec.parentRef.resource: Invalid value: \"../x\": may not contain '/'"],
  ["stored", { "spec.parentRef.namespace": "x/y/z" }, "spec.parentRef.namespace: Invalid value: \"x/y/z\": may not contain '/'"],
]);

updateTests(ipAddress, bases, [
  ["stored", { "spec.parentRef.resource": undefined }, "spec.parentRef.resource: Required value", "spec.parentRef: Invalid value: {\"Group\":\"\",\"Resource\":\"\",\"Namespace\":\"x\",\"Name\":\"s\"}: field is immutable"],
  ["stored2", { "spec.parentRef": undefined }, "spec.parentRef: Required value", "spec.parentRef: Invalid value: null: field is immutable"],
  ["stored3", { "spec.parentRef.namespace": undefined }, "spec.parentRef: Invalid value: {\"Group\":\"\",\"Resource\":\"services\",\"Namespace\":\"\",\"Name\":\"s\"}: field is immutable"],
]);
