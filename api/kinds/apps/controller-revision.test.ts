import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { controllerRevision } from "./controller-revision.ts";

const bases = {
  full: { revision: 3, data: { a: { b: [1] } } },
  simple: { revision: 0, data: {} },
};

ruleTests(controllerRevision, bases, [
  ["simple", { "metadata": { name: `${long(254)}` } }, `metadata.name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["simple", { "revision": -1 }, "revision: Invalid value: -1: must be greater than or equal to 0"],
  ["simple", { "data": undefined }, "data: Required value: data is mandatory"],
]);

updateTests(controllerRevision, bases, [
  ["full", { "data.a.b": undefined }, "data: Invalid value: {\"a\":{}}: field is immutable"],
  ["full", { "data.a": undefined }, "data: Invalid value: {}: field is immutable"],
]);
