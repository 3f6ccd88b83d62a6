import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, NAME_PART } from "../../testing/rule-texts.ts";
import { namespace } from "./namespace.ts";

const bases = {
  min: {},
};

ruleTests(namespace, bases, [
  ["min", { "metadata": { name: "Ab" } }, `metadata.name: Invalid value: "Ab": ${DNS_LABEL}`],
  ["min", { "metadata": { name: "t", labels: { "kubernetes.io/metadata.name": "other" } } }],
  ["min", { "metadata": { name: "../x" } }, `metadata.name: Invalid value: "../x": ${DNS_LABEL}`, `metadata.labels: Invalid value: "../x": ${LABEL_VALUE}`],
  ["min", { "metadata": { labels: { a: "b" }, annotations: { c: "d" }, name: "t" }, "spec": { finalizers: [`${long(254)}`, "a/b"] } }, `spec.finalizers: Invalid value: "${long(254)}": name part must be no more than 63 bytes`, `spec.finalizers: Invalid value: "${long(254)}": name is neither a standard finalizer name nor is it fully qualified`],
  ["min", { "metadata": { labels: { a: "b" }, annotations: { c: "d" }, name: "t" }, "spec": { finalizers: ["Bad_Value!", "a/b"] } }, `spec.finalizers: Invalid value: "Bad_Value!": name part ${NAME_PART}`, "spec.finalizers: Invalid value: \"Bad_Value!\": name is neither a standard finalizer name nor is it fully qualified"],
  ["min", { "metadata": { labels: { a: "b" }, annotations: { c: "d" }, name: "t" }, "spec": { finalizers: ["x/y/z", "a/b"] } }, `spec.finalizers: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["min", { "metadata": { labels: { a: "b" }, annotations: { c: "d" }, name: "t" }, "spec": { finalizers: ["a..b", "a/b"] } }, "spec.finalizers: Invalid value: \"a..b\": name is neither a standard finalizer name nor is it fully qualified"],
  ["min", { "metadata": { labels: { a: "b" }, annotations: { c: "d" }, name: "t" }, "spec": { finalizers: ["../x", "a/b"] } }, `spec.finalizers: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
]);
