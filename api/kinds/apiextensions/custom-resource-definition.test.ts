import test from "ava";
import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { customResourceDefinition } from "./custom-resource-definition.ts";

const schema = { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: { type: "string" }, n: { type: "integer" } } } } } };
const version = { name: "v1", served: true, storage: true, schema };
const metadata = { name: "things.x.example.com" };
const spec = { group: "x.example.com", scope: "Namespaced", names: { plural: "things", kind: "Thing" }, versions: [version] };
const webhook = { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1"], clientConfig: { service: { namespace: "n", name: "s" } } } };

const bases = {
  min: { metadata, spec },
  two: { metadata, spec: { ...spec, versions: [{ ...version, subresources: { status: {} } }, { name: "v2", served: true, storage: false, schema: { openAPIV3Schema: { type: "object" } } }] } },
  webhook: { metadata, spec: { ...spec, conversion: webhook } },
  protected: { metadata: { name: "things.x.k8s.io", annotations: { "api-approved.kubernetes.io": "https://example.com/1" } }, spec: { ...spec, group: "x.k8s.io" } },
};

const LABEL = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const VERSIONS = 'spec.versions: Invalid value: [{"Name":"v1",…';
const NAME = 'metadata.name: Invalid value: "things.x.example.com": must be spec.names.plural+"."+spec.group';
const CONVERSION = "spec.conversion";
const CLIENT = "spec.conversion.webhookClientConfig";

ruleTests(customResourceDefinition, bases, [
  ["min", { "metadata.name": "other.x.example.com" }, 'metadata.name: Invalid value: "other.x.example.com": must be spec.names.plural+"."+spec.group'],
  ["min", { "spec.group": undefined }, NAME, "spec.group: Required value"],
  ["min", { "spec.group": "nodots" }, NAME, 'spec.group: Invalid value: "nodots": should be a domain with at least one dot'],
  ["min", { "spec.group": "Bad_.com" }, NAME, 'spec.group: Invalid value: "Bad_.com": a lowercase RFC 1123 subdomain…'],
  ["min", { "spec.scope": undefined }, "spec.scope: Required value"],
  ["min", { "spec.scope": "Galaxy" }, 'spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"'],
  ["min", { "spec.names": undefined }, NAME, "spec.names.plural: Required value", "spec.names.singular: Required value", "spec.names.kind: Required value", "spec.names.listKind: Required value"],
  ["min", { "spec.names.plural": "Things" }, NAME, `spec.names.plural: Invalid value: "Things": ${LABEL}`],
  ["min", { "spec.names.singular": "a.b" }, `spec.names.singular: Invalid value: "a.b": ${LABEL}`],
  ["min", { "spec.names.singular": "t", "spec.names.kind": "1T" }, `spec.names.kind: Invalid value: "1T": may have mixed case, but should otherwise match: ${LABEL}`, 'spec.names.listKind: Invalid value: "1TList"…'],
  ["min", { "spec.names.listKind": "Thing" }, 'spec.names.listKind: Invalid value: "Thing": kind and listKind may not be the same'],
  ["min", { "spec.names.listKind": long(64) }, `spec.names.listKind: Invalid value: "${long(64)}": may have mixed case, but should otherwise match: must be no more than 63 characters`],
  ["min", { "spec.names.shortNames": ["ok", "no_"] }, `spec.names.shortNames[1]: Invalid value: "no_": ${LABEL}`],
  ["min", { "spec.names.categories": [""] }, `spec.names.categories[0]: Invalid value: "": ${LABEL}`],
  ["min", { "spec.preserveUnknownFields": true }, "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"],
  ["webhook", { "spec.preserveUnknownFields": true }, 'spec.conversion.strategy: Invalid value: "Webhook": must be None if spec.preserveUnknownFields is true', "spec.preserveUnknownFields: Invalid value: true…"],

  ["min", { "spec.versions": undefined }, "spec.versions: Invalid value: null: must have exactly one version marked as storage version", "status.storedVersions: Invalid value: null: must have at least one stored version"],
  ["min", { "spec.versions": [] }, "spec.versions: Invalid value: []: must have exactly one version marked as storage version", "status.storedVersions: Invalid value: null: must have at least one stored version"],
  ["min", { "spec.versions[0].schema": undefined }, "spec.versions[0].schema.openAPIV3Schema: Required value"],
  ["two", { "spec.versions[1].schema": undefined }, "spec.versions[1].schema.openAPIV3Schema: Required value"],
  ["min", { "spec.versions[0].name": "1" }, `spec.versions[0].name: Invalid value: "1": ${LABEL}`, `spec.version: Invalid value: "1": ${LABEL}`],
  ["min", { "spec.versions[0].storage": false }, VERSIONS, "status.storedVersions: Invalid value: null: must have at least one stored version"],
  ["two", { "spec.versions[1].storage": true }, VERSIONS, 'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2'],
  ["two", { "spec.versions[1].name": "v1" }, VERSIONS],
  ["min", { "spec.versions[0].deprecationWarning": "x" }, 'spec.versions[0].deprecationWarning: Invalid value: "x": can only be set for deprecated versions'],
  ["min", { "spec.versions[0].deprecated": true, "spec.versions[0].deprecationWarning": "" }, 'spec.versions[0].deprecationWarning: Invalid value: "": must not be an empty string'],
  ["min", { "spec.versions[0].deprecated": true, "spec.versions[0].deprecationWarning": long(257) }, `spec.versions[0].deprecationWarning: Invalid value: "${long(257)}": must be <= 256 characters long`],
  ["min", { "spec.versions[0].deprecated": true, "spec.versions[0].deprecationWarning": "a\nb" }, 'spec.versions[0].deprecationWarning: Invalid value: "a\\nb": must only contain printable UTF-8 characters; non-printable character found at index 1'],

  ["min", { "spec.versions[0].subresources": { scale: {} } }, "spec.subresources.scale.specReplicasPath: Required value", "spec.subresources.scale.statusReplicasPath: Required value"],
  ["min", { "spec.versions[0].subresources": { scale: { specReplicasPath: "spec.n", statusReplicasPath: ".spec.n" } } }, 'spec.subresources.scale.specReplicasPath: Invalid value: "spec.n": must be a simple json path starting with .', 'spec.subresources.scale.statusReplicasPath: Invalid value: ".spec.n": should be a json path under .status'],
  ["two", { "spec.versions[0].subresources": { scale: { specReplicasPath: ".status.n", statusReplicasPath: ".status.n", labelSelectorPath: ".x" } } }, 'spec.versions[0].subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec', 'spec.versions[0].subresources.scale.labelSelectorPath: Invalid value: ".x": should be a json path under either .spec or .status'],
  ["min", { "spec.versions[0].subresources": { scale: { specReplicasPath: ".spec.n", statusReplicasPath: ".status.n", labelSelectorPath: "x" } } }, 'spec.subresources.scale.labelSelectorPath: Invalid value: "x": must be a simple json path starting with .'],
  ["min", { "spec.versions[0].additionalPrinterColumns": [{}] }, "spec.additionalPrinterColumns[0].name: Required value", "spec.additionalPrinterColumns[0].type: Required value: must be one of boolean,date,integer,number,string", "spec.additionalPrinterColumns[0].JSONPath: Required value"],
  ["min", { "spec.versions[0].additionalPrinterColumns": [{ name: "A", type: "text", jsonPath: "x", format: "y" }] }, 'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string', 'spec.additionalPrinterColumns[0].format: Invalid value: "y": must be one of byte,date,date-time,double,float,int32,int64,password', 'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "x": must be a simple json path starting with .'],
  ["two", { "spec.versions[1].additionalPrinterColumns": [{ name: "A", type: "string" }] }, "spec.versions[1].additionalPrinterColumns[0].JSONPath: Required value"],

  ["min", { "spec.versions[0].selectableFields": [{ jsonPath: ".spec.a" }, { jsonPath: ".spec.n" }] }],
  ["min", { "spec.versions[0].selectableFields": [{}, { jsonPath: "UPPER" }, { jsonPath: ".spec.b" }, { jsonPath: ".spec" }, { jsonPath: ".spec.a" }, { jsonPath: ".spec['a']" }, { jsonPath: ".spec[a]" }, { jsonPath: ".spec." }] }, "spec.selectableFields[0].jsonPath: Required value", 'spec.selectableFields[1].jsonPath: Invalid value: "UPPER": is an invalid path: expected [ or . but got: UPPER', 'spec.selectableFields[2].jsonPath: Invalid value: ".spec.b": is an invalid path: does not refer to a valid field', 'spec.selectableFields[3].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.', `spec.selectableFields[5].jsonPath: Invalid value: ".spec['a']": is an invalid path: array notation is not allowed`, 'spec.selectableFields[6].jsonPath: Invalid value: ".spec[a]": is an invalid path: array notation is not allowed', 'spec.selectableFields[7].jsonPath: Invalid value: ".spec.": is an invalid path: unexpected end of JSON path'],
  ["two", { "spec.versions[1].selectableFields": [{ jsonPath: ".spec.a" }] }, 'spec.versions[1].selectableFields[0].jsonPath: Invalid value: ".spec.a": is an invalid path: does not refer to a valid field'],

  ["min", { [CONVERSION]: { strategy: "Bogus" } }, 'spec.conversion.strategy: Unsupported value: "Bogus": supported values: "None", "Webhook"'],
  ["min", { [CONVERSION]: {} }, "spec.conversion.strategy: Required value"],
  ["min", { [CONVERSION]: { strategy: "None", webhook: { conversionReviewVersions: ["v1"], clientConfig: {} } } }, `${CLIENT}: Forbidden: should not be set when strategy is not set to Webhook`, "spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook"],
  ["min", { [CONVERSION]: { strategy: "Webhook" } }, `${CLIENT}: Required value: required when strategy is set to Webhook`, "spec.conversion.conversionReviewVersions: Required value"],
  ["webhook", { "spec.conversion.webhook.clientConfig": {} }, `${CLIENT}: Required value: exactly one of url or service is required`],
  ["webhook", { "spec.conversion.webhook.clientConfig.url": "https://x" }, `${CLIENT}: Required value: exactly one of url or service is required`],
  ["webhook", { "spec.conversion.webhook.clientConfig": { url: "http://u:p@x/y?q#f" } }, `${CLIENT}.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`, `${CLIENT}.url: Invalid value: "u:p": user information is not permitted in the URL`, `${CLIENT}.url: Invalid value: "f": fragments are not permitted in the URL`, `${CLIENT}.url: Invalid value: "q": query parameters are not permitted in the URL`],
  ["webhook", { "spec.conversion.webhook.clientConfig.service": { port: 70_000 } }, `${CLIENT}.service.name: Required value`, `${CLIENT}.service.namespace: Required value`, `${CLIENT}.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive`],
  ["webhook", { "spec.conversion.webhook.clientConfig.service.path": "a/B" }, `${CLIENT}.service.path: Invalid value: "a/B": must start with a '/'`, `${CLIENT}.service.path: Invalid value: "a/B": segment[0] may not be empty`, `${CLIENT}.service.path: Invalid value: "a/B": segment[1]: a lowercase RFC 1123 subdomain…`],
  ["webhook", { "spec.conversion.webhook.conversionReviewVersions": ["v2", "v2", "1"] }, 'spec.conversion.conversionReviewVersions[1]: Invalid value: "v2": duplicate version', `spec.conversion.conversionReviewVersions[2]: Invalid value: "1": ${LABEL}`, 'spec.conversion.conversionReviewVersions: Invalid value: ["v2","v2","1"]: must include at least one of v1, v1beta1'],
  ["webhook", { "spec.conversion.webhook.clientConfig.caBundle": "eA==" }],

  ["protected", { "metadata.annotations": undefined }, 'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111'],
  ["protected", { "metadata.annotations": { "api-approved.kubernetes.io": "yes" } }, 'metadata.annotations[api-approved.kubernetes.io]: Invalid value: "yes": protected groups must have approval annotation "api-approved.kubernetes.io" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111'],
  ["protected", { "metadata.annotations": { "api-approved.kubernetes.io": "unapproved, experimental" } }],
]);

updateTests(customResourceDefinition, bases, [
  ["min", { "spec.scope": "Cluster" }],
  ["min", { "spec.names.kind": "Other" }],
  ["min", { "spec.names.plural": "others" }, 'spec.names.plural: Invalid value: "others": field is immutable'],
  ["min", { "spec.group": "y.example.com" }, 'spec.group: Invalid value: "y.example.com": field is immutable'],
  ["min", { "spec.preserveUnknownFields": true }, "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"],
  ["protected", { "metadata.annotations": {} }, "metadata.annotations[api-approved.kubernetes.io]: Required value…"],
]);

const stored = { "status.conditions": [{ type: "Established", status: "True", lastTransitionTime: null }] };

updateTests(
  customResourceDefinition,
  bases,
  [
    ["min", { "spec.scope": "Cluster" }, 'spec.scope: Invalid value: "Cluster": field is immutable'],
    ["min", { "spec.names.kind": "Other" }, 'spec.names.kind: Invalid value: "Other": field is immutable'],
    ["min", { "spec.names.singular": "other" }],
    ["min", { "spec.versions[0].name": "v2" }, 'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions'],
    ["webhook", { "spec.conversion.webhook.clientConfig.caBundle": "eA==" }, `${CLIENT}.caBundle: Invalid value: "eA==": unable to load root certificates: unable to parse bytes as PEM block`],
  ],
  { stored },
);

updateTests(
  customResourceDefinition,
  bases,
  [
    ["min", { "status.acceptedNames.plural": "No" }, `status.acceptedNames.plural: Invalid value: "No": ${LABEL}`],
    ["min", { "status.storedVersions": [] }],
  ],
  { subresource: "status" },
);

test("names that are not given follow from the kind", (t) => {
  const definition = structuredClone({ ...bases.webhook, apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" }) as never as Parameters<NonNullable<typeof customResourceDefinition.strategy.applyDefaults>>[0];
  customResourceDefinition.strategy.applyDefaults?.(definition);
  t.like(definition.spec, { names: { singular: "thing", listKind: "ThingList" }, conversion: { webhook: { clientConfig: { service: { port: 443 } } } } });
});
