import { ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { CONFIG_KEY } from "../../testing/rule-texts.ts";
import { configMap } from "./config-map.ts";

const bases = {
  min: {},
  stored: { immutable: true, data: { a: "b" }, binaryData: { c: "AAE=" } },
};

ruleTests(configMap, bases, [
  ["min", { "data": { "a/b": "c" } }, `data[a/b]: Invalid value: "a/b": ${CONFIG_KEY}`],
  ["min", { "data": { "..": "c" } }, "data[..]: Invalid value: \"..\": must not be '..'"],
  ["min", { "data": { a: "b" }, "binaryData": { a: "AAE=" } }, "data[a]: Invalid value: \"a\": duplicate of key present in binaryData"],
  ["min", { "data": { a: null } }],
]);

updateTests(configMap, bases, [
  ["stored", { "immutable": undefined }, "immutable: Forbidden: field is immutable when `immutable` is set"],
]);
