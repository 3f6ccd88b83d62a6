import { badRequest } from "../../api/status/errors.ts";

const VERSION = "meta.k8s.io/v1";

/** Where a paged list goes on: `revision` -1 means at the newest state. */
export interface ContinueToken {
  readonly revision: number;
  /** First key of the next page, relative to the namespace or resource that is listed. */
  readonly start: string;
}

/** base64url of JSON, as Kubernetes' own. */
export function encodeContinue(token: ContinueToken): string {
  return Buffer.from(`${JSON.stringify({ v: VERSION, rv: token.revision, start: token.start })}\n`).toString("base64url");
}

/** @throws StatusError 400 with Kubernetes' wording */
export function decodeContinue(text: string): ContinueToken {
  const bad = base64Fault(text);
  if (bad !== undefined) throw invalid(`illegal base64 data at input byte ${bad}`);
  const json = Buffer.from(text, "base64url").toString("utf8");
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw invalid(jsonFault(json));
  }
  const { v = "", rv = 0, start = "" } = (typeof parsed === "object" && parsed !== null ? parsed : {}) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== VERSION) throw invalid(`server does not recognize this encoded version ${String(v)}`);
  if (typeof rv !== "number" || rv === 0 || !Number.isSafeInteger(rv)) throw invalid(`incorrect encoded start resourceVersion (version ${VERSION})`);
  if (typeof start !== "string" || start === "") throw invalid(`encoded start key empty (version ${VERSION})`);
  if (start.split("/").includes("..")) throw invalid(`invalid start key ${start}`);
  return { revision: rv, start };
}

function invalid(detail: string) {
  return badRequest(`invalid continue token: continue key is not valid: ${detail}`);
}

/** Offset of the first byte that is not base64url, or undefined. */
function base64Fault(text: string): number | undefined {
  const at = text.search(/[^A-Za-z0-9_-]/);
  if (at >= 0) return at;
  return text.length % 4 === 1 ? text.length - 1 : undefined;
}

const LITERALS: Readonly<Record<string, string>> = { n: "null", t: "true", f: "false" };

/** Go's wording for what is no JSON at its very beginning. */
function jsonFault(json: string): string {
  const literal = LITERALS[json[0] ?? ""];
  if (literal !== undefined) {
    for (let i = 1; i < literal.length; i++) {
      if (json[i] !== literal[i]) return json[i] === undefined ? "unexpected end of JSON input" : `invalid character '${json[i]}' in literal ${literal} (expecting '${literal[i]}')`;
    }
  }
  return json === "" ? "unexpected end of JSON input" : `invalid character '${json[0]}' looking for beginning of value`;
}
