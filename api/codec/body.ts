import { definitionOfKind } from "../schema/schema.ts";
import type { GroupVersionKind } from "../schema/types.ts";
import { badRequest, type StatusError } from "../status/errors.ts";
import { goQuote } from "../status/go-text.ts";
import type { ApiObject } from "../wire.ts";
import { DecodeError } from "./decode-error.ts";
import { type Decoded, decodeJson, type FieldValidation, type KnownMember } from "./json.ts";
import { encodeFree } from "./json-encode.ts";
import { kindOf } from "./json-decode.ts";
import { type JsonNode, JsonSyntaxError, ObjectNode, parseJsonTree } from "./json-tree.ts";
import { legacyVersions } from "./legacy-kinds.ts";
import type { MediaType } from "./negotiate.ts";
import { strictWarnings } from "./strict-warnings.ts";
import { decodeMessage, openEnvelope } from "./protobuf.ts";
import { parseYamlStrictly, YamlError } from "./yaml.ts";

export type { MediaType };

export interface BodyRequest {
  readonly bytes: Uint8Array;
  readonly mediaType: MediaType;
  /** Stands in where the body names no kind or apiVersion, and is what the body must be otherwise. */
  readonly expected: GroupVersionKind;
  /** The definition of what is expected, where it is known. */
  readonly definition?: string | undefined;
  readonly validation: FieldValidation;
  /** A custom resource: no definition, no protobuf, and the body must name its kind itself. */
  readonly custom?: boolean;
  /** Brings a custom resource into the form of its schema: removes what the schema does not know, and says what that was. @throws DecodeError */
  readonly coerce?: Coerce | undefined;
  /** A member that need not be read where its text was met before. */
  readonly known?: KnownMember | undefined;
}

/** The paths of the fields that were removed: `spec.list[0].x`. */
export type Coerce = (object: ApiObject) => readonly string[];

/**
 * A request body → normalised object of the expected kind, its kind and apiVersion filled in.
 * @throws StatusError 400 (malformed, wrong types, another kind, strict errors)
 */
export function decodeBody(request: BodyRequest): Decoded<ApiObject> & { readonly kind: GroupVersionKind } {
  const { object, warnings, kind } = request.mediaType === "protobuf" ? decodeProtobufBody(request) : request.coerce === undefined ? decodeTextBody(request) : decodeCustomBody(request, request.coerce);
  object.kind = kind.kind;
  object.apiVersion = apiVersionOf(kind);
  return { object, warnings: warnings.length === 0 ? warnings : warnings.flatMap(strictWarnings), kind };
}

function decodeCustomBody(request: BodyRequest, coerce: Coerce): Outcome {
  const { object, warnings, kind } = decodeTextBody({ ...request, validation: "Warn" });
  try {
    // Of another kind the schema says nothing.
    const unknown = kind.kind === request.expected.kind ? coerce(object) : [];
    return { object, warnings: strictErrors([...warnings, ...unknownFields(unknown)], request.validation), kind };
  } catch (error) {
    if (error instanceof DecodeError) throw cannotBeHandled(kind, request.expected, error.message);
    throw error;
  }
}

/** What strict decoding says of fields that a schema does not know. */
export function unknownFields(paths: readonly string[]): string[] {
  return paths.map((path) => `unknown field ${goQuote(path)}`);
}

/** What becomes of strict errors: Warn answers with them. @throws DecodeError under Strict */
function strictErrors(errors: readonly string[], validation: FieldValidation): readonly string[] {
  if (validation === "Strict" && errors.length > 0) throw new DecodeError(`strict decoding error: ${errors.join(", ")}`);
  return validation === "Warn" ? errors : [];
}

type Outcome = { object: ApiObject; warnings: readonly string[]; kind: GroupVersionKind };

function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === "" ? version : `${group}/${version}`;
}

function decodeTextBody(request: BodyRequest): Outcome {
  const { json, duplicates } = request.mediaType === "yaml" ? jsonOfYaml(request) : { json: textOf(request.bytes), duplicates: [] };
  const { expected } = request;
  if (duplicates.length === 0) {
    const quick = decodeAsExpected(request, json);
    if (quick !== undefined) return quick;
  }
  const kind = checkedKind(request, json);
  const definition = request.custom === true ? undefined : definitionOfKind(kind.group, kind.version, kind.kind)?.name;
  try {
    const isStrict = request.validation === "Strict" && duplicates.length > 0;
    const { object, warnings } = decodeJson(definition, json, isStrict ? "Warn" : request.validation);
    if (isStrict) throw new DecodeError(`strict decoding error: ${[...duplicates, ...warnings].join(", ")}`);
    return { object, warnings: request.validation === "Warn" ? [...duplicates, ...warnings] : warnings, kind };
  } catch (error) {
    if (error instanceof DecodeError) throw cannotBeHandled(kind, expected, error.message);
    throw error;
  }
}

/** What is no UTF-8 becomes U+FFFD, as Go's JSON decoder has it. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** The plain case without a second look at the text: a body of the expected kind with nothing wrong. */
function decodeAsExpected(request: BodyRequest, json: string): Outcome | undefined {
  const { expected } = request;
  const definition = request.custom === true ? undefined : (request.definition ?? definitionOfKind(expected.group, expected.version, expected.kind)?.name);
  if (definition === undefined && request.custom !== true) return undefined;
  try {
    const { object, warnings } = decodeJson(definition, json, request.validation, request.known);
    if (object.kind !== expected.kind || object.apiVersion !== apiVersionOf(expected)) return undefined;
    return { object, warnings, kind: expected };
  } catch (error) {
    // What exactly is wrong depends on the kind that the body names.
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function jsonOfYaml(request: BodyRequest): { json: string; duplicates: readonly string[] } {
  try {
    const { value, duplicates } = parseYamlStrictly(request.bytes);
    // Nothing at all is an empty object: the kind and version are the path's.
    return { json: encodeFree(value === null && request.custom !== true ? {} : value), duplicates: duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n  ${duplicates.join("\n  ")}`] };
  } catch (error) {
    if (error instanceof YamlError) throw unrecognized(request, error.message);
    throw error;
  }
}

/** The kind that the body names, after all the checks that come before its fields are looked at. @throws StatusError 400 */
function checkedKind(request: BodyRequest, json: string): GroupVersionKind {
  const { expected } = request;
  const named = namedKind(request, json);
  const kind = {
    kind: named.kind === "" ? expected.kind : named.kind,
    // The one old version that is still taken: evictions by older clients.
    ...(named.apiVersion === "" || (expected.kind === "Eviction" && named.apiVersion === "policy/v1beta1") ? { group: expected.group, version: expected.version } : groupVersionOf(request, named.apiVersion)),
  };
  if (isOptions(expected)) {
    checkKind(kind, expected);
    return expected;
  }
  if (request.custom === true) {
    if (named.kind === "") throw unrecognized(request, `Object 'Kind' is missing in '${json}'`);
    if (named.apiVersion !== apiVersionOf(expected)) throw wrongVersion(named.apiVersion, expected);
    return kind;
  }
  checkKind(kind, expected);
  return kind;
}

/** @throws StatusError 400 when a built-in kind is not the expected one */
function checkKind(kind: GroupVersionKind, expected: GroupVersionKind): void {
  if (kind.kind === expected.kind && ((kind.group === expected.group && kind.version === expected.version) || isOptions(expected))) return;
  if (isOptions(expected)) throw badRequest(`no kind ${goQuote(kind.kind)} is registered for version ${goQuote(apiVersionOf(kind))} in scheme "pkg/runtime/scheme.go:111"`);
  const known = definitionOfKind(kind.group, kind.version, kind.kind) !== undefined || legacyVersions(kind.kind).includes(apiVersionOf(kind));
  if (!known) throw cannotBeHandled(kind, expected, `no kind ${goQuote(kind.kind)} is registered for version ${goQuote(apiVersionOf(kind))} in scheme "pkg/api/legacyscheme/scheme.go:30"`);
  if (kind.kind === expected.kind) throw wrongVersion(apiVersionOf(kind), expected);
  const internal = expected.group === "" || expected.kind === "Event" ? "core" : (expected.group.split(".")[0] ?? "");
  throw cannotBeHandled(kind, expected, `converting (${kind.version}.${kind.kind}) to (${internal}.${expected.kind}): unknown conversion`);
}

/** DeleteOptions are of whatever group version the client that sends them speaks: typed clients name that of the object. */
function isOptions(expected: GroupVersionKind): boolean {
  return expected.kind === "DeleteOptions";
}

function wrongVersion(apiVersion: string, expected: GroupVersionKind): StatusError {
  return badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(expected)})`);
}

function groupVersionOf(request: BodyRequest, apiVersion: string): { group: string; version: string } {
  const parts = apiVersion.split("/");
  if (parts.length > 2) throw unrecognized(request, `unexpected GroupVersion string: ${apiVersion}`);
  return parts.length === 2 ? { group: parts[0] ?? "", version: parts[1] ?? "" } : { group: "", version: apiVersion };
}

/** Kind and apiVersion of the body as encoding/json finds them: whatever the case of the names. */
function namedKind(request: BodyRequest, json: string): { kind: string; apiVersion: string } {
  const tree = parsedTree(request, json);
  if (!(tree instanceof ObjectNode)) {
    if (tree === null) return { kind: "", apiVersion: "" };
    throw unrecognized(request, `couldn't get version/kind; json parse error: json: cannot unmarshal ${kindOf(tree)} into Go value of type ${FIND_KIND_TYPE}`);
  }
  return { apiVersion: textMember(request, tree, "apiVersion"), kind: textMember(request, tree, "kind") };
}

const FIND_KIND_TYPE = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function parsedTree(request: BodyRequest, json: string): JsonNode {
  try {
    return parseJsonTree(json);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw unrecognized(request, `couldn't get version/kind; json parse error: ${error.message}`);
    throw error;
  }
}

function textMember(request: BodyRequest, tree: ObjectNode, name: string): string {
  let text = "";
  tree.keys.forEach((key, i) => {
    if (key.toLowerCase() !== name.toLowerCase()) return;
    const value = tree.values[i] as JsonNode;
    if (value === null) return;
    if (typeof value !== "string") throw unrecognized(request, `couldn't get version/kind; json parse error: json: cannot unmarshal ${kindOf(value)} into Go struct field .${name} of type string`);
    text = value;
  });
  return text;
}

/** What Kubernetes says of a custom resource that shall be read from or written as protobuf. */
function notMarshalableText(list = false): string {
  return `object *unstructured.Unstructured${list ? "List" : ""} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`;
}

function decodeProtobufBody(request: BodyRequest): Outcome {
  const { expected } = request;
  if (request.custom === true) throw cannotBeHandled(expected, expected, notMarshalableText());
  let kind = { ...expected, kind: "" };
  try {
    const { apiVersion, kind: named, message } = openEnvelope(request.bytes);
    kind = { kind: named, ...(apiVersion === "" ? { group: expected.group, version: expected.version } : groupVersionOf(request, apiVersion)) };
    if (kind.kind === "") kind.kind = expected.kind;
    checkKind(kind, expected);
    if (isOptions(expected)) kind = { ...expected };
    const definition = definitionOfKind(kind.group, kind.version, kind.kind);
    return { object: decodeMessage(definition?.name ?? "", message, { apiVersion, kind: kind.kind }) as unknown as ApiObject, warnings: [], kind };
  } catch (error) {
    if (error instanceof DecodeError) throw kind.kind === "" ? unrecognized(request, error.message) : cannotBeHandled(kind, expected, error.message);
    throw error;
  }
}

function cannotBeHandled(kind: GroupVersionKind, expected: GroupVersionKind, detail: string): StatusError {
  if (isOptions(expected)) return badRequest(detail);
  return badRequest(`${kind.kind} in version ${goQuote(kind.version)} cannot be handled as a ${expected.kind}: ${detail}`);
}

function unrecognized(request: BodyRequest, detail: string): StatusError {
  if (isOptions(request.expected)) return badRequest(detail);
  return badRequest(`the object provided is unrecognized (must be of type ${request.expected.kind}): ${detail} (${summary(request.bytes)})`);
}

const SUMMARY_BYTES = 30;

/** The beginning of a body: as text when it looks like JSON, else in hexadecimal. */
function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return "<empty>";
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, SUMMARY_BYTES));
  return head.toString(bytes[0] === 0x7b ? "utf8" : "hex") + (bytes.length > SUMMARY_BYTES ? " ..." : "");
}
