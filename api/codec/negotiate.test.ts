import test from "ava";
import { CUSTOM_PATCH_TYPES, negotiateAccept, negotiateContentType, negotiateError, negotiatePatch } from "./negotiate.ts";

const LIST = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const TABLE = "as=Table;v=v1;g=meta.k8s.io";

const accepted: [string | undefined, string, string | undefined][] = [
  [undefined, "json", undefined],
  ["*/*", "json", undefined],
  ["application/json", "json", undefined],
  ["application/json;charset=utf-8", "json", undefined],
  ["text/html, application/json", "json", undefined],
  ["text/html;q=0.9, */*;q=0.1", "json", undefined],
  ["application/yaml", "yaml", undefined],
  ["application/vnd.kubernetes.protobuf,application/json", "protobuf", undefined],
  ["application/json;q=0.1, application/yaml", "yaml", undefined],
  ["application/json;as=", "json", undefined],
  ["application/json;as=Table=1", "json", undefined],
  [`application/json;${TABLE}, application/json`, "json", "Table"],
  ["application/json;as=Bogus;g=meta.k8s.io;v=v1, application/json", "json", undefined],
  [`application/json;q=0.1, application/json;${TABLE};q=0.9`, "json", "Table"],
  [`application/vnd.kubernetes.protobuf;${TABLE}, application/json;${TABLE}`, "json", "Table"],
  ["application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "protobuf", "PartialObjectMetadataList"],
];
for (const [accept, mediaType, as] of accepted) {
  test(`accept ${accept}`, (t) => {
    const negotiated = negotiateAccept({ accept });
    t.is(negotiated.mediaType as string, mediaType);
    t.is(negotiated.as?.kind as string | undefined, as);
  });
}

const refused: [string, string][] = [
  ["application/*", `406: Not Acceptable\n\nAvailable representations: ${LIST}`],
  ["APPLICATION/JSON", `406: Not Acceptable\n\nAvailable representations: ${LIST}`],
  ["text/html", `406: Not Acceptable\n\nAvailable representations: ${LIST}`],
  ["application/json;as=Bogus;g=meta.k8s.io;v=v1", `only the following media types are accepted: ${LIST}`],
  [`application/vnd.kubernetes.protobuf;${TABLE}`, `only the following media types are accepted: ${LIST}`],
  ["application/json;as=Table;v=v9;g=meta.k8s.io", `only the following media types are accepted: ${LIST}`],
];
for (const [accept, message] of refused) {
  test(`not acceptable: ${accept}`, (t) => {
    const error = t.throws(() => negotiateAccept({ accept }));
    t.is(error?.message, message);
    t.is((error as unknown as { code: number }).code, 406);
  });
}

test("reviews and discovery have no tables", (t) => {
  t.throws(() => negotiateAccept({ accept: `application/json;${TABLE}`, tables: false }), { message: /^only the following/ });
});

test("a watch streams JSON and protobuf, not YAML", (t) => {
  t.is(negotiateAccept({ accept: "application/json;stream=watch", watch: true }).contentType, "application/json");
  t.is(negotiateAccept({ accept: "application/vnd.kubernetes.protobuf;stream=watch", watch: true }).contentType, "application/vnd.kubernetes.protobuf;stream=watch");
  t.throws(() => negotiateAccept({ accept: "application/yaml", watch: true }), { message: "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch" });
});

test("custom resources have no protobuf", (t) => {
  t.is(negotiateAccept({ accept: "application/vnd.kubernetes.protobuf,application/json", custom: true }).mediaType, "json");
  t.throws(() => negotiateAccept({ accept: "application/vnd.kubernetes.protobuf", custom: true }), { message: `only the following media types are accepted: ${LIST}` });
  t.is(negotiateAccept({ accept: "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", custom: true }).mediaType, "protobuf");
});

test("no router looks at what custom resources are asked for", (t) => {
  t.is(negotiateAccept({ accept: "application/*", custom: true }).mediaType, "json");
  t.throws(() => negotiateAccept({ accept: "application/cbor", custom: true }), { message: `only the following media types are accepted: ${LIST}` });
  t.throws(() => negotiatePatch("text/plain", CUSTOM_PATCH_TYPES), { message: /^the body of the request was in an unknown format/ });
});

test("people's tools get indented text, the query decides", (t) => {
  t.true(negotiateAccept({ accept: undefined, userAgent: "curl/8" }).pretty);
  t.false(negotiateAccept({ accept: undefined, userAgent: "curl/8", pretty: "false" }).pretty);
  t.true(negotiateAccept({ accept: undefined, pretty: "1" }).pretty);
  t.true(negotiateAccept({ accept: "application/json;pretty=1" }).pretty);
  t.false(negotiateAccept({ accept: undefined, userAgent: "kubectl/1.36" }).pretty);
});

test("a refusal finds a form even where the answer has none", (t) => {
  t.like(negotiateError({ accept: undefined }), { mediaType: "json", pretty: false });
  t.is(negotiateError({ accept: "application/yaml" }).mediaType, "yaml");
  t.like(negotiateError({ accept: `application/vnd.kubernetes.protobuf;${TABLE}, application/json` }), { mediaType: "json", pretty: false });
  for (const accept of ["text/html", "application/json;as=Bogus", `application/yaml;${TABLE}`]) t.like(negotiateError({ accept }), { mediaType: "json", contentType: "application/json", pretty: true }, accept);
});

test("where no router looks before, wildcards of a subtype do", (t) => {
  t.is(negotiateAccept({ accept: "application/*", unrouted: true }).mediaType, "json");
  t.is(negotiateAccept({ accept: "application/vnd.kubernetes.protobuf", unrouted: true }).mediaType, "protobuf");
  t.throws(() => negotiateAccept({ accept: "text/html", unrouted: true }), { message: `only the following media types are accepted: ${LIST}` });
});

const bodies: [string | undefined, string | undefined][] = [
  [undefined, "json"],
  ["application/json", "json"],
  ["Application/JSON; charset=utf-8", "json"],
  ["application/yaml", "yaml"],
  ["application/vnd.kubernetes.protobuf", "protobuf"],
  ["application/cbor", undefined],
  ["text/plain", undefined],
  ["bogus", undefined],
  ["application/json; charset", undefined],
  ["application/merge-patch+json", undefined],
];
for (const [contentType, mediaType] of bodies) {
  test(`content type ${contentType}`, (t) => {
    if (mediaType !== undefined) return t.is(negotiateContentType(contentType) as string, mediaType);
    const error = t.throws(() => negotiateContentType(contentType));
    t.is(error?.message, `the body of the request was in an unknown format - accepted media types include: ${LIST}`);
    return t.is((error as unknown as { code: number }).code, 415);
  });
}

test("patches name their kind exactly", (t) => {
  t.is(negotiatePatch("application/merge-patch+json; charset=utf-8"), "application/merge-patch+json");
  t.throws(() => negotiatePatch("application/json"), { message: "415: Unsupported Media Type" });
  t.throws(() => negotiatePatch(undefined), { message: "415: Unsupported Media Type" });
  t.throws(() => negotiatePatch("application/json-patch+json,application/json"), { message: /^the body of the request was in an unknown format/ });
  t.throws(() => negotiatePatch("application/strategic-merge-patch+json", CUSTOM_PATCH_TYPES), {
    message: "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
  });
});
