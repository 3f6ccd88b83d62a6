import { ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { secret } from "./secret.ts";

const bases = {
  min: {},
  "types-tls": { type: "kubernetes.io/tls", data: { "tls.crt": "", "tls.key": "" } },
  "types-basic": { type: "kubernetes.io/basic-auth", stringData: { username: "a" }, immutable: false },
  "types-dockercfg": { type: "kubernetes.io/dockercfg", stringData: { ".dockercfg": "{}" } },
  stored: { type: "Opaque", immutable: true, data: { a: "AAE=" } },
};

ruleTests(secret, bases, [
  ["types-dockercfg", { "stringData": undefined }, "data[.dockercfg]: Required value"],
  ["types-basic", { "stringData": undefined, "immutable": undefined }, "data[username]: Required value", "data[password]: Required value"],
  ["min", { "type": "kubernetes.io/ssh-auth" }, "data[ssh-privatekey]: Required value"],
  ["min", { "type": "kubernetes.io/ssh-auth", "stringData": { "ssh-privatekey": "" } }, "data[ssh-privatekey]: Required value"],
  ["min", { "type": "kubernetes.io/service-account-token" }, "metadata.annotations[kubernetes.io/service-account.name]: Required value"],
  ["types-dockercfg", { "stringData[\".dockercfg\"]": "Bad_Value!" }, "data[.dockercfg]: Invalid value: \"<secret contents redacted>\": invalid character 'B' looking for beginning of value"],
  ["types-dockercfg", { "stringData[\".dockercfg\"]": "x/y/z" }, "data[.dockercfg]: Invalid value: \"<secret contents redacted>\": invalid character 'x' looking for beginning of value"],
  ["types-dockercfg", { "stringData[\".dockercfg\"]": "../x" }, "data[.dockercfg]: Invalid value: \"<secret contents redacted>\": invalid character '.' looking for beginning of value"],
  ["types-tls", { "data": undefined }, "data[tls.crt]: Required value", "data[tls.key]: Required value"],
]);

updateTests(secret, bases, [
  ["stored", { "data": undefined }, "data: Forbidden: field is immutable when `immutable` is set"],
  ["stored", { "type": "kubernetes.io/tls" }, "type: Invalid value: \"kubernetes.io/tls\": field is immutable", "data[tls.crt]: Required value", "data[tls.key]: Required value"],
  ["stored", { "immutable": undefined }, "immutable: Forbidden: field is immutable when `immutable` is set"],
]);
