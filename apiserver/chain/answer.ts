import type { ApiResponse } from "../../api/exchange.ts";
import { encodeObject, indentJson } from "../../api/codec/json.ts";
import { negotiateAccept, type Negotiated, negotiateError, wantsPretty } from "../../api/codec/negotiate.ts";
import { parseJson } from "../../api/codec/parse-json.ts";
import { encodeProtobuf } from "../../api/codec/protobuf.ts";
import { formatYaml } from "../../api/codec/yaml.ts";
import type { StatusError } from "../../api/status/errors.ts";
import type { ApiObject } from "../../api/wire.ts";
import { type RequestContext, header } from "./context.ts";

/** Schema name of Status. */
export const STATUS_DEFINITION = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
/** Answers are for this caller and this moment. */
const NO_CACHE = "no-cache, private";

type Headers = Record<string, string | readonly string[]>;

/** Headers that every answer carries, warnings among them. */
export function answerHeaders(context: Pick<RequestContext, "warnings">, contentType: string): Headers {
  const headers: Headers = { "cache-control": NO_CACHE, "content-type": contentType };
  if (context.warnings.length > 0) headers["warning"] = shortened([...new Set(context.warnings)]).map(warningText);
  return headers;
}

/** Characters of all warnings of one answer, and of each where there are more: clients refuse headers that are too long. */
const MAX_WARNING_CHARS = 4096;
const MAX_CUT_CHARS = 256;

/** The warnings as they are, or where they are too long together the first of them, cut off. */
function shortened(warnings: readonly string[]): readonly string[] {
  if (warnings.reduce((sum, text) => sum + text.length, 0) <= MAX_WARNING_CHARS) return warnings;
  let written = 0;
  const kept: string[] = [];
  for (const text of warnings) {
    if (written >= MAX_WARNING_CHARS) break;
    const cut = text.length <= MAX_CUT_CHARS ? text : [...text.slice(0, 2 * MAX_CUT_CHARS)].slice(0, MAX_CUT_CHARS).join("");
    kept.push(cut);
    written += cut.length;
  }
  return kept;
}

/** RFC 7234, 5.5: `299 - "text"`. */
function warningText(text: string): string {
  const quoted = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return `299 - "${[...quoted].map((character) => ((character.codePointAt(0) ?? 0) < 0x20 ? " " : character)).join("")}"`;
}

/** What is offered, where it is not a built-in kind in all its forms. */
interface NegotiateOptions {
  readonly watch?: boolean;
  readonly tables?: boolean;
  readonly custom?: boolean;
  readonly unrouted?: boolean;
  readonly offered?: readonly ("json" | "yaml" | "protobuf")[];
}

/** What the caller accepts, pretty printing included. @throws StatusError 406 */
export function negotiate(context: RequestContext, options: NegotiateOptions = NO_OPTIONS): Negotiated {
  const accept = header(context.request, "accept");
  const userAgent = header(context.request, "user-agent");
  const pretty = context.info.query.get("pretty");
  if (options !== NO_OPTIONS || accept === undefined || accept.length > MAX_KNOWN_CHARS || pretty !== undefined || wantsPretty(undefined, userAgent)) return negotiateAccept({ accept, userAgent, pretty, ...options });
  let negotiated = negotiatedBefore.get(accept);
  if (negotiated === undefined) {
    negotiated = negotiateAccept({ accept });
    if (negotiatedBefore.size >= MAX_KNOWN_ACCEPTS) negotiatedBefore.clear();
    negotiatedBefore.set(accept, negotiated);
  }
  return negotiated;
}

const NO_OPTIONS: NegotiateOptions = {};
/** Clients send the same few Accept headers with all their requests. */
const MAX_KNOWN_ACCEPTS = 256;
const MAX_KNOWN_CHARS = 256;
const negotiatedBefore = new Map<string, Negotiated>();

/** An object that is answered as it is (a Status, Scale, TokenRequest, discovery document). */
export function answerObject(context: RequestContext, negotiated: Negotiated, definition: string | undefined, object: object, status: number): ApiResponse {
  const headers = answerHeaders(context, negotiated.contentType);
  if (context.request.acceptsObjects === true) return { status, headers, body: { type: "object", object } };
  return { status, headers, body: { type: "bytes", bytes: encodeAs(negotiated, definition, object) } };
}

/** The object in the negotiated form. */
export function encodeAs(negotiated: Negotiated, definition: string | undefined, object: object): Uint8Array {
  switch (negotiated.mediaType) {
    case "protobuf":
      if (definition !== undefined) return encodeProtobuf(definition, object as ApiObject);
      return Buffer.from(`${encodeObject(definition, object)}\n`);
    case "yaml":
      return Buffer.from(formatYaml(parseJson(encodeObject(definition, object))));
    case "json":
      // Indented text ends without a newline, as in Kubernetes.
      return Buffer.from(negotiated.pretty ? indentJson(encodeObject(definition, object)) : `${encodeObject(definition, object)}\n`);
  }
}

/** A refusal as a Status in a form that the caller accepts, JSON where it accepts none. */
export function answerError(context: RequestContext, error: StatusError): ApiResponse {
  const status = error.code;
  const negotiated = negotiateError({ accept: header(context.request, "accept"), userAgent: header(context.request, "user-agent"), pretty: context.info.query.get("pretty") });
  const answer = answerObject(context, negotiated, STATUS_DEFINITION, error.status, status);
  return { ...answer, headers: { ...answer.headers, ...error.headers } };
}

/** Plain text, as Kubernetes answers paths that are not the API's. */
export function answerText(status: number, text: string, headers: Headers = {}): ApiResponse {
  return { status, headers: { "cache-control": NO_CACHE, "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff", ...headers }, body: { type: "bytes", bytes: Buffer.from(text) } };
}

/** `404 page not found`: what Go's HTTP server says. */
export function answerNotFoundText(): ApiResponse {
  return answerText(404, "404 page not found\n");
}

