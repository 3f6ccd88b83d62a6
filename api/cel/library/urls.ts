import { CelError } from "../cel-error.ts";
import { Library, TRAVERSES } from "../function.ts";
import { ArrayList, BuiltMap, CelOpaque, type CelValue } from "../values.ts";

/** The parts of a URL as Go's net/url has them. */
class CelUrl extends CelOpaque {
  readonly typeName = "kubernetes.URL";
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly rawPath: string;
  readonly query: string;
  readonly text: string;

  constructor(text: string, parts: { scheme: string; host: string; path: string; rawPath: string; query: string }) {
    super();
    this.text = text;
    this.scheme = parts.scheme;
    this.host = parts.host;
    this.path = parts.path;
    this.rawPath = parts.rawPath;
    this.query = parts.query;
  }

  equals(other: CelOpaque): boolean {
    return other instanceof CelUrl && other.text === this.text;
  }
}

function fail(text: string, why: string): CelError {
  return new CelError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${why}`);
}

/** An absolute URI or an absolute path, as url.ParseRequestURI takes them: no fragment. @throws CelError */
function parse(text: string): CelUrl {
  if (text === "") throw fail(text, "empty url");
  if (/[\u0000-\u001f\u007f]/.test(text)) throw fail(text, "net/url: invalid control character in URL");
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text);
  if (scheme === null && text.startsWith(":")) throw fail(text, "missing protocol scheme");
  const afterScheme = scheme === null ? text : text.slice(scheme[0].length);
  if (scheme === null && !afterScheme.startsWith("/")) throw fail(text, "invalid URI for request");
  const [whole = ""] = afterScheme.split("#");
  const mark = whole.indexOf("?");
  const beforeQuery = mark < 0 ? whole : whole.slice(0, mark);
  const query = mark < 0 ? "" : whole.slice(mark + 1);
  const authority = scheme !== null || !beforeQuery.startsWith("///") ? /^\/\/([^/]*)/.exec(beforeQuery) : null;
  const host = scheme === null ? undefined : authority;
  if (scheme !== null && host === null && !beforeQuery.startsWith("/")) return new CelUrl(text, { scheme: scheme[1]?.toLowerCase() ?? "", host: "", path: "", rawPath: "", query });
  const rawPath = host ? beforeQuery.slice(host[0].length) : beforeQuery;
  const path = unescaped(rawPath, text);
  return new CelUrl(text, { scheme: scheme?.[1]?.toLowerCase() ?? "", host: host ? checkedHost(host[1] ?? "", text) : "", path, rawPath, query });
}

function checkedHost(authority: string, text: string): string {
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (/[ <>"^`{}|\\]/.test(host)) throw fail(text, `invalid character ${JSON.stringify(/[ <>"^`{}|\\]/.exec(host)?.[0])} in host name`);
  if (host.startsWith("[") && !/^\[[^\]]*\](?::[0-9]*)?$/.test(host)) throw fail(text, "missing ']' in host");
  const port = /:([^\]]*)$/.exec(host.replace(/^\[[^\]]*\]/, ""));
  if (port !== null && !/^[0-9]*$/.test(port[1] ?? "")) throw fail(text, `invalid port ${JSON.stringify(port[0])} after host`);
  return host;
}

function unescaped(path: string, text: string): string {
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(path);
  if (wrong !== null) throw fail(text, `invalid URL escape ${JSON.stringify(wrong[0])}`);
  return percentDecoded(path);
}

function percentDecoded(text: string): string {
  return text.includes("%") ? Buffer.from(text.replace(/%([0-9a-fA-F]{2})|([^%]+)/g, (_all, hex: string | undefined, plain: string | undefined) => hex ?? Buffer.from(plain ?? "").toString("hex")), "hex").toString("utf8") : text;
}

function isUrl(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function hostname(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  return bracketed?.[1] ?? host.replace(/:[0-9]*$/, "");
}

function port(host: string): string {
  return /:([0-9]*)$/.exec(host.replace(/^\[[^\]]*\]/, ""))?.[1] ?? "";
}

function queryValues(query: string): BuiltMap {
  const values = new Map<string, CelValue[]>();
  for (const pair of query.split("&")) {
    if (pair === "" || pair.includes(";") || /%(?![0-9a-fA-F]{2})/.test(pair)) continue;
    const at = pair.indexOf("=");
    const [name, value] = (at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)]).map((part) => percentDecoded(part.replaceAll("+", " ")));
    values.set(name ?? "", [...(values.get(name ?? "") ?? []), value ?? ""]);
  }
  return new BuiltMap([...values].map(([name, list]) => [name, new ArrayList(list)]));
}

/** As it was written, where that is one way to write it. */
function escapedPath({ path, rawPath }: CelUrl): string {
  if (/^[\w\-.~!$&'()*+,;=:@/%[\]]*$/.test(rawPath)) return rawPath;
  return encodeURI(path.toWellFormed()).replace(/%5B/g, "[").replace(/%5D/g, "]").replace(/[?#]/g, (character) => (character === "?" ? "%3F" : "%23"));
}

const of = (value: CelValue | undefined) => value as CelUrl;

/** Kubernetes' `url`. */
export function urls(): Library {
  return new Library()
    .define("string_to_url", "url(string) -> kubernetes.URL", ([text]) => parse(text as string), TRAVERSES)
    .define("is_url_string", "isURL(string) -> bool", ([text]) => isUrl(text as string), { ...TRAVERSES, estimated: () => 1 })
    .define("url_get_scheme", "kubernetes.URL::getScheme() -> string", ([url]) => of(url).scheme)
    .define("url_get_host", "kubernetes.URL::getHost() -> string", ([url]) => of(url).host)
    .define("url_get_hostname", "kubernetes.URL::getHostname() -> string", ([url]) => hostname(of(url).host))
    .define("url_get_port", "kubernetes.URL::getPort() -> string", ([url]) => port(of(url).host))
    .define("url_get_escaped_path", "kubernetes.URL::getEscapedPath() -> string", ([url]) => escapedPath(of(url)))
    .define("url_get_query", "kubernetes.URL::getQuery() -> map(string, list(string))", ([url]) => queryValues(of(url).query));
}
