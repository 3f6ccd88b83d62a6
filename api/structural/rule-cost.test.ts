import test from "ava";
import { fieldErrorText } from "../status/field-error.ts";
import { fieldPath } from "../status/field-path.ts";
import { compileCustomResourceSchema } from "./compile.ts";
import { validateCustomResourceSchema } from "./crd-schema.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";
import { compileRules } from "./rule-program.ts";
import { ruleType } from "./rule-types.ts";
import { compileStructural } from "./structural.ts";

const root = (spec: JsonSchemaProps): JsonSchemaProps => ({ type: "object", properties: { spec } });

/** Shapes of rules as well-known operators have them: Kubernetes accepts them, since it looks for sizes by paths that begin anew after a call. */
const accepted: readonly (readonly [string, JsonSchemaProps])[] = [
  [
    "items of what a call returns are as large as self",
    { type: "array", maxItems: 16, items: { type: "object", properties: { via: { type: "string", maxLength: 253, "x-kubernetes-validations": [{ rule: "self == 'a' || (self.matches('^.*/.+$') && !format.dns1123Subdomain().validate(self.split('/')[0]).hasValue() && !self.split('/')[0].endsWith('.b'))" }] } } } },
  ],
  [
    "items of either of two lists are as large as self",
    { type: "object", properties: { addresses: { type: "array", maxItems: 256, items: { type: "string" } } }, "x-kubernetes-validations": [{ rule: "!((has(self.addresses) ? self.addresses : []).exists(k, k.contains('/')))" }] },
  ],
  [
    "a field with the name of a keyword needs no escaping",
    { type: "array", maxItems: 8, items: { type: "object", properties: { name: { type: "string" }, namespace: { type: "string" } } }, "x-kubernetes-validations": [{ rule: "self.all(r, !(r.name == 'x' && has(r.namespace)))" }, { rule: "self.all(r, !has(r.__namespace__) || r.__namespace__ != 'y')" }] },
  ],
];

for (const [name, spec] of accepted) {
  test(`Accepted: ${name}`, (t) => {
    t.deepEqual(validateCustomResourceSchema(root(spec), fieldPath("schema")).map(fieldErrorText), []);
  });
}

test("A rule of items is counted as often as a request can hold them where nothing bounds the list", (t) => {
  const item: JsonSchemaProps = { type: "string", maxLength: 10, "x-kubernetes-validations": [{ rule: "self.contains('x') && self.contains('y') && self.contains('z')" }] };
  const texts = (spec: JsonSchemaProps) => validateCustomResourceSchema(root(spec), fieldPath("schema")).map(fieldErrorText);
  t.regex(texts({ type: "array", items: item })[0] ?? "", /^schema.properties\[spec\].items.x-kubernetes-validations\[0\].rule: Forbidden: estimated rule cost exceeds budget/);
  t.regex(texts({ type: "object", additionalProperties: item })[0] ?? "", /^schema.properties\[spec\].additionalProperties.x-kubernetes-validations\[0\].rule: Forbidden: estimated rule cost exceeds budget/);
  t.deepEqual(texts({ type: "array", maxItems: 100, items: item }), []);
});

test("What the items of a list may hold is counted where a path leads to them", (t) => {
  const texts = validateCustomResourceSchema(root({ type: "object", properties: { addresses: { type: "array", maxItems: 256, items: { type: "string" } } }, "x-kubernetes-validations": [{ rule: "self.addresses.exists(k, k.contains('/'))" }] }), fieldPath("schema")).map(fieldErrorText);
  t.regex(texts[0] ?? "", /estimated rule cost exceeds budget by factor of 8/);
});

/** A string's schema, a rule, and what Kubernetes 1.35 estimates. */
const estimates: readonly (readonly [JsonSchemaProps, string, number])[] = [
  [
    { type: "string", maxLength: 253 },
    "size(self) == 0 || self == 'Cluster' || (self.matches('^.*/.+$') && !format.dns1123Subdomain().validate(self.split('/')[0]).hasValue() && self.split('/')[0] != 'k8s.io' && !self.split('/')[0].endsWith('.k8s.io'))",
    4095,
  ],
  [{ type: "string", minLength: 1 }, 'isURL(self) ? (url(self).getScheme() in ["", "http", "https", "file", "oci"]) : (isURL("http://" + self) &&\nurl("http://" + self).getScheme() in ["", "http", "https", "file", "oci"])', 943743],
];

for (const [props, rule, expected] of estimates) {
  test(`Estimate of ${rule}`, (t) => {
    const schema = compileStructural({ ...props, "x-kubernetes-validations": [{ rule }] });
    const [compiled] = compileRules(schema.rules, ruleType(schema)!);
    t.is(compiled?.program?.estimate().max, expected);
  });
}

test("Keywords as fields are looked up as they are written, escaped or not", (t) => {
  const schema = compileCustomResourceSchema(root(accepted[2]![1]));
  const errorsOf = (spec: unknown[]) => schema.validate({ apiVersion: "example.com/v1", kind: "K", metadata: { name: "n" }, spec } as never);
  t.is(JSON.stringify(errorsOf([{ name: "z", namespace: "n" }])).includes("failed rule"), false);
  t.true(JSON.stringify(errorsOf([{ name: "x", namespace: "n" }])).includes("failed rule"));
  t.true(JSON.stringify(errorsOf([{ name: "z", namespace: "y" }])).includes("failed rule"));
});
