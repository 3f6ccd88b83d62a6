import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { serviceCidr } from "./service-cidr.ts";

const bases = {
  min: { spec: { cidrs: ["192.168.0.0/24"] } },
  stored: { spec: { cidrs: ["2001:db8:125::/64"] } },
  stored2: { spec: { cidrs: ["2001:db8:126::/64"] } },
};

ruleTests(serviceCidr, bases, [
  ["min", { "spec.cidrs[0]": "192.168.0.1/24" }, "spec.cidrs[0]: Invalid value: \"192.168.0.1/24\": must not have bits set beyond the prefix length"],
  ["min", { "metadata": { name: `${long(254)}` } }, `metadata.name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["min", { "spec": undefined }, "spec.cidrs: Required value: at least one CIDR required"],
  ["min", { "spec.cidrs[+]": "192.168.0.0/24" }, "spec.cidrs: Invalid value: [\"192.168.0.0/24\",\"192.168.0.0/24\"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"],
  ["min", { "spec.cidrs[0]": `${long(254)}` }, `spec.cidrs[0]: Invalid value: "${long(254)}": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`],
]);

updateTests(serviceCidr, bases, [
  ["stored", { "spec.cidrs[0]": undefined }, "spec.cidrs: Invalid value: []: field is immutable"],
  ["stored2", { "spec.cidrs[0]": "2001:db8:126::/64x" }, "spec.cidrs[0]: Invalid value: \"2001:db8:126::/64x\": field is immutable"],
]);
