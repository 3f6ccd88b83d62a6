import { notAcceptable, notAcceptableRepresentation, unsupportedMediaType, unsupportedRouteMediaType } from "../status/errors.ts";

export type MediaType = "json" | "yaml" | "protobuf";

/** What built-in kinds are served as; the first is what a client gets that names nothing. */
export const ALL_MEDIA_TYPES: readonly MediaType[] = ["json", "yaml", "protobuf"];

const texts: Readonly<Record<MediaType, string>> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};

/** The representation that another kind of object stands for the one asked for. */
export interface Conversion {
  readonly kind: "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  readonly group: "meta.k8s.io";
  readonly version: "v1" | "v1beta1";
}

export interface Negotiated {
  readonly mediaType: MediaType;
  /** The answer's Content-Type; protobuf watches have `;stream=watch` in it. */
  readonly contentType: string;
  /** Asked for by `;as=Table;g=meta.k8s.io;v=v1`; absent: the object itself. */
  readonly as?: Conversion;
  readonly pretty: boolean;
}

export interface NegotiateOptions {
  /** The Accept header. */
  readonly accept: string | undefined;
  readonly userAgent?: string | undefined;
  /** The `pretty` query parameter. */
  readonly pretty?: string | undefined;
  readonly watch?: boolean;
  /** Default ALL_MEDIA_TYPES. */
  readonly offered?: readonly MediaType[];
  /** The answer can be a Table or PartialObjectMetadata (default true; reviews, discovery: false). */
  readonly tables?: boolean;
  /** A custom resource: it has no protobuf form, though its metadata has, and no router looks at the header before. */
  readonly custom?: boolean;
  /** Nothing looks at the header before the negotiation (a group's discovery). */
  readonly unrouted?: boolean;
}

/** The first alternative of the Accept header that can be had. @throws StatusError 406, worded by whichever of Kubernetes' two layers refuses */
export function negotiateAccept(options: NegotiateOptions): Negotiated {
  const offered = options.offered ?? ALL_MEDIA_TYPES;
  if (options.custom !== true && options.unrouted !== true) checkRoute(options.accept, offered, options.watch === true);
  const found = firstAcceptable(options.accept, offered, options.tables ?? true, options.custom === true);
  if (found === undefined) throw notAcceptable(offered.map((type) => texts[type]));
  if (options.watch === true && found.mediaType === "yaml") throw notAcceptable(streamTypes(offered));
  return {
    mediaType: found.mediaType,
    contentType: options.watch === true && found.mediaType === "protobuf" ? `${texts.protobuf};stream=watch` : texts[found.mediaType],
    ...(found.as === undefined ? {} : { as: found.as }),
    pretty: found.params.get("pretty") === "1" || wantsPretty(options.pretty, options.userAgent),
  };
}

/** How a Status is sent to a client that asked so: alternatives that ask for a conversion do not count, and indented JSON is the last resort. */
export function negotiateError(options: Pick<NegotiateOptions, "accept" | "userAgent" | "pretty" | "offered">): Negotiated {
  const found = firstAcceptable(options.accept, options.offered ?? ALL_MEDIA_TYPES, false, false);
  if (found === undefined) return { mediaType: "json", contentType: texts.json, pretty: true };
  return { mediaType: found.mediaType, contentType: texts[found.mediaType], pretty: found.params.get("pretty") === "1" || wantsPretty(options.pretty, options.userAgent) };
}

function streamTypes(offered: readonly MediaType[]): string[] {
  return offered.filter((type) => type !== "yaml").map((type) => `${texts[type]};stream=watch`);
}

/** The router's own look at Accept: literal, case and all, with no wildcard but a whole one. */
function checkRoute(accept: string | undefined, offered: readonly MediaType[], watch: boolean): void {
  if (!accept) return;
  for (const part of accept.split(",")) {
    const type = (part.split(";")[0] ?? "").trim();
    if (type === "*/*" || offered.some((mediaType) => texts[mediaType] === type)) return;
  }
  const available = offered.map((type) => texts[type]);
  throw notAcceptableRepresentation(watch ? [...available, ...streamTypes(offered)] : available);
}

interface Clause {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
  readonly params: ReadonlyMap<string, string>;
}

interface Found {
  readonly mediaType: MediaType;
  readonly as?: Conversion;
  readonly params: ReadonlyMap<string, string>;
}

function firstAcceptable(accept: string | undefined, offered: readonly MediaType[], conversions: boolean, custom: boolean): Found | undefined {
  if (!accept) return { mediaType: offered[0] ?? "json", params: new Map() };
  for (const clause of parseAccept(accept)) {
    for (const mediaType of offered) {
      if (!clauseMatches(clause, mediaType)) continue;
      const stream = clause.params.get("stream") ?? "";
      if (stream !== "" && (stream !== "watch" || mediaType === "yaml")) continue;
      const wanted = wantedConversion(clause.params);
      if (wanted === undefined) {
        if (custom && mediaType === "protobuf") continue;
        return { mediaType, params: clause.params };
      }
      const as = conversions ? knownConversion(wanted, mediaType) : undefined;
      if (as !== undefined) return { mediaType, as, params: clause.params };
    }
  }
  return undefined;
}

function clauseMatches(clause: Clause, mediaType: MediaType): boolean {
  if (clause.type === "*" && clause.subtype === "*") return true;
  if (clause.type !== "application") return false;
  return clause.subtype === "*" || texts[mediaType] === `application/${clause.subtype}`;
}

interface WantedConversion {
  readonly kind: string;
  readonly group: string;
  readonly version: string;
}

function wantedConversion(params: ReadonlyMap<string, string>): WantedConversion | undefined {
  if (!params.has("as") && !params.has("g") && !params.has("v")) return undefined;
  return { kind: params.get("as") ?? "", group: params.get("g") ?? "", version: params.get("v") ?? "" };
}

function knownConversion({ kind, group, version }: WantedConversion, mediaType: MediaType): Conversion | undefined {
  if (group !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) return undefined;
  if (kind === "PartialObjectMetadata" || kind === "PartialObjectMetadataList") return { kind, group, version };
  // A Table has no protobuf form.
  return kind === "Table" && mediaType !== "protobuf" ? { kind, group, version } : undefined;
}

/** RFC 9110's Accept, best quality first, wildcards after what is named. */
function parseAccept(header: string): Clause[] {
  const clauses: Clause[] = [];
  for (const part of header.split(",")) {
    const [range = "", ...rest] = part.trim().split(";");
    const [type = "", subtype, ...more] = range.split("/").map((text) => text.trim());
    if (more.length > 0 || (subtype === undefined && type !== "*")) continue;
    let quality = 1;
    const params = new Map<string, string>();
    for (const param of rest) {
      const equals = param.indexOf("=");
      if (equals < 0) continue;
      const name = param.slice(0, equals).trim();
      const text = param.slice(equals + 1);
      // As Kubernetes' parser has it: what is empty or has a second equals sign is no parameter.
      if (text === "" || text.includes("=")) continue;
      const value = text.trim();
      if (name === "q") quality = Number.parseFloat(value) || 0;
      else params.set(name, value);
    }
    clauses.push({ type, subtype: subtype ?? "*", quality, params });
  }
  return clauses.sort((a, b) => b.quality - a.quality || wildness(a) - wildness(b));
}

function wildness(clause: Clause): number {
  return clause.type === "*" ? 2 : clause.subtype === "*" ? 1 : 0;
}

const trueTexts: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);

/** Whether the answer is indented: the query decides; else people's own tools get indented text. */
export function wantsPretty(pretty: string | undefined, userAgent: string | undefined): boolean {
  if (pretty) return trueTexts.has(pretty);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent ?? "");
}

/** The media type of a body by its Content-Type header, JSON when there is none. @throws StatusError 415 */
export function negotiateContentType(contentType: string | undefined, offered: readonly MediaType[] = ALL_MEDIA_TYPES): MediaType {
  const parsed = contentType ? parseMediaType(contentType) : texts[offered[0] ?? "json"];
  const found = offered.find((type) => texts[type] === parsed);
  if (found === undefined) throw unsupportedMediaType(offered.map((type) => texts[type]));
  return found;
}

/** Type and subtype in lower case; undefined when type or parameters are malformed. */
function parseMediaType(text: string): string | undefined {
  const match = /^\s*([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)\s*(?:;(.*))?$/s.exec(text);
  if (match === null) return undefined;
  const [, type = "", parameters = ""] = match;
  if (!/^(?:\s*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"(?:[^"\\]|\\.)*")\s*(?:;|$))*\s*$/s.test(parameters)) return undefined;
  return type.toLowerCase();
}

export type PatchMediaType = "application/json-patch+json" | "application/merge-patch+json" | "application/strategic-merge-patch+json" | "application/apply-patch+yaml";

/** Built-in kinds take every kind of patch. */
export const ALL_PATCH_TYPES: readonly PatchMediaType[] = ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml"];
/** Custom resources have no merge keys for a strategic merge. */
export const CUSTOM_PATCH_TYPES: readonly PatchMediaType[] = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];

/** The kind of patch by Content-Type: literal, case and all. @throws StatusError 415, worded by whichever of Kubernetes' two layers refuses: custom resources have no router before them */
export function negotiatePatch(contentType: string | undefined, offered: readonly PatchMediaType[] = ALL_PATCH_TYPES): PatchMediaType {
  const type = (contentType ?? "").split(";")[0]?.trim() ?? "";
  const found = ALL_PATCH_TYPES.find((patch) => patch === type);
  // The router is content when any part of the header is one of the types.
  const passes = found !== undefined || (contentType ?? "").split(",").some((part) => ALL_PATCH_TYPES.some((patch) => patch === part.split(";")[0]?.trim()));
  if (!passes && offered === ALL_PATCH_TYPES) throw unsupportedRouteMediaType();
  if (found === undefined || !offered.includes(found)) throw unsupportedMediaType(offered);
  return found;
}
