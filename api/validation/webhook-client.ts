import { invalid, required } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import { goQuote } from "../status/go-text.ts";
import type { Errors } from "./common.ts";
import { dns1035Label, dns1123Subdomain, portNumber } from "./names.ts";

/** Where a webhook listens. */
export interface WebhookClientConfig {
  readonly url?: string;
  readonly service?: { readonly namespace?: string; readonly name?: string; readonly path?: string; readonly port?: number };
}

const FORM = "; desired format: https://host[/path]";
/** Versions of the review that the server speaks. */
const reviewVersions = ["v1", "v1beta1"];

/** A URL or a Service, not both. */
export function validateWebhookClient(config: WebhookClientConfig, path: FieldPath, errors: Errors): void {
  const { url, service } = config;
  if ((url === undefined) === (service === undefined)) errors.push(required(path, "exactly one of url or service is required"));
  else if (url !== undefined) validateUrl(url, path.child("url"), errors);
  else if (service !== undefined) validateWebhookService(service, path.child("service"), errors);
}

function validateUrl(text: string, path: FieldPath, errors: Errors): void {
  const url = parseUrl(text);
  if (typeof url === "string") {
    errors.push(required(path, `url must be a valid URL: parse ${goQuote(text)}: ${url}${FORM}`));
    return;
  }
  if (url.scheme !== "https") errors.push(invalid(path, url.scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (url.host === "") errors.push(invalid(path, "", `host must be specified${FORM}`));
  if (url.user !== undefined) errors.push(invalid(path, url.user, "user information is not permitted in the URL"));
  if (url.fragment !== "") errors.push(invalid(path, url.fragment, "fragments are not permitted in the URL"));
  if (url.query !== "") errors.push(invalid(path, url.query, "query parameters are not permitted in the URL"));
}

interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly user: string | undefined;
  readonly query: string;
  readonly fragment: string;
}

/** The parts as Go's net/url finds them, or what it says is wrong. */
function parseUrl(text: string): UrlParts | string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20 || text.charCodeAt(i) === 0x7f) return "net/url: invalid control character in URL";
  const [beforeFragment = "", ...fragments] = text.split("#");
  const scheme = schemeOf(beforeFragment);
  if (scheme === undefined) return "missing protocol scheme";
  const rest = scheme === "" ? beforeFragment : beforeFragment.slice(scheme.length + 1);
  const question = rest.indexOf("?");
  const hierarchy = question < 0 ? rest : rest.slice(0, question);
  const query = question < 0 ? "" : rest.slice(question + 1);
  const badEscape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(hierarchy);
  if (badEscape !== null) return `invalid URL escape ${goQuote(badEscape[0])}`;
  const shared = { scheme: scheme.toLowerCase(), query, fragment: fragments.join("#") };
  if (scheme === "" && !hierarchy.startsWith("/") && hierarchy.split("/", 1)[0]?.includes(":")) return "first path segment in URL cannot contain colon";
  if (!hierarchy.startsWith("//")) return { ...shared, host: "", user: undefined };
  const authority = hierarchy.slice(2).split("/", 1)[0] ?? "";
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  const port = /:([^:\]]*)$/.exec(host)?.[1];
  if (/[ "<>\\^`{|}]/.test(host)) return `invalid character ${goQuote(/[ "<>\\^`{|}]/.exec(host)?.[0] ?? "")} in host name`;
  if (port !== undefined && !/^\d*$/.test(port)) return `invalid port ${goQuote(`:${port}`)} after host`;
  return { ...shared, host, user: at < 0 ? undefined : authority.slice(0, at) };
}

/** "" for none, undefined where there is a colon without a name before it. */
function schemeOf(text: string): string | undefined {
  const found = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  if (found) return found[1];
  return text.startsWith(":") ? undefined : "";
}

/** The Service that a webhook is reached by. */
export function validateWebhookService(service: NonNullable<WebhookClientConfig["service"]>, path: FieldPath, errors: Errors): void {
  // Kubernetes takes the one for the other here, and clients see it.
  if (!service.namespace) errors.push(required(path.child("name")));
  if (!service.name) errors.push(required(path.child("namespace")));
  const port = portNumber(service.port ?? 0);
  if (port.length > 0) errors.push(invalid(path.child("port"), service.port ?? 0, `port is not valid: ${port.join(", ")}`));
  if (service.path !== undefined) validatePath(service.path, path.child("path"), errors);
}

function validatePath(text: string, path: FieldPath, errors: Errors): void {
  if (text === "/" || text === "") return;
  if (text === "//") {
    errors.push(invalid(path, text, "segment[0] may not be empty"));
    return;
  }
  if (!text.startsWith("/")) errors.push(invalid(path, text, "must start with a '/'"));
  const steps = text.slice(1).replace(/\/$/, "").split("/");
  steps.forEach((step, i) => {
    if (step === "") errors.push(invalid(path, text, `segment[${i}] may not be empty`));
    else for (const message of dns1123Subdomain(step)) errors.push(invalid(path, text, `segment[${i}]: ${message}`));
  });
}

/** Versions of the review that a webhook speaks; `missing` is what is said where there are none. `recognized`: one must be known here. */
export function validateReviewVersions(versions: readonly string[] | undefined, missing: string, recognized: boolean, path: FieldPath, errors: Errors): void {
  if (!versions?.length) {
    errors.push(required(path, missing));
    return;
  }
  const seen = new Set<string>();
  versions.forEach((version, i) => {
    if (seen.has(version)) errors.push(invalid(path.index(i), version, "duplicate version"));
    else for (const message of dns1035Label(version)) errors.push(invalid(path.index(i), version, message));
    seen.add(version);
  });
  if (recognized && !hasKnownReviewVersion(versions)) errors.push(invalid(path, versions, `must include at least one of ${reviewVersions.join(", ")}`));
}

export function hasKnownReviewVersion(versions: readonly string[]): boolean {
  return versions.some((version) => reviewVersions.includes(version));
}
