import type { Message } from "../../cri/vocabulary.ts";
import { CriError, messageOf } from "../errors.ts";

/** What a caller gave to log in with at one registry. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** OAuth2 refresh token. */
  readonly identityToken: string;
  /** Sent as it is. */
  readonly registryToken: string;
}

/** One `WWW-Authenticate` challenge. */
export interface Challenge {
  readonly scheme: "basic" | "bearer";
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN_ANSWER_LIMIT_BYTES = 1 << 20;

/** Credentials of a CRI AuthConfig for this registry; undefined when it holds none, or is for another registry. */
export function credentialsOf(auth: Message<"AuthConfig"> | undefined, registry: string): Credentials | undefined {
  if (auth === undefined) return undefined;
  if (auth.serverAddress !== "" && hostOf(auth.serverAddress) !== hostOf(registry)) return undefined;
  let { username, password } = auth;
  if (auth.auth !== "") {
    const decoded = Buffer.from(auth.auth, "base64").toString("utf8").replace(/\0+$/, "");
    const colon = decoded.indexOf(":");
    if (colon < 0) throw new CriError("INVALID_ARGUMENT", "auth is not base64 of user:password");
    [username, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)];
  }
  if (username === "" && password === "" && auth.identityToken === "" && auth.registryToken === "") return undefined;
  return { username, password, identityToken: auth.identityToken, registryToken: auth.registryToken };
}

/** Host and port of a server's address, with or without a scheme and path; all of Docker Hub's names are one. */
function hostOf(address: string): string {
  const host = address.replace(/^[a-z]+:\/\//, "").split("/")[0] ?? "";
  return ["index.docker.io", "registry-1.docker.io"].includes(host) ? "docker.io" : host;
}

/** Reads the challenges of a `WWW-Authenticate` header (RFC 9110 §11.6.1), as far as registries use them. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  const starts = [...header.matchAll(/(?:^|,\s*)(basic|bearer)(?=\s|$|,)/gi)];
  for (const [index, start] of starts.entries()) {
    const end = starts[index + 1]?.index ?? header.length;
    const text = header.slice(start.index + start[0].length, end);
    const parameters: Record<string, string> = {};
    for (const [, key, quoted, plain] of text.matchAll(/([A-Za-z0-9_-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)) parameters[(key as string).toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "";
    challenges.push({ scheme: (start[1] as string).toLowerCase() as Challenge["scheme"], parameters });
  }
  return challenges;
}

/** `Basic …`. */
export function basicHeader(credentials: Credentials): string {
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
}

export interface TokenRequest {
  readonly fetch: typeof fetch;
  readonly challenge: Challenge;
  readonly credentials: Credentials | undefined;
  readonly repository: string;
  /** Whether the registry itself is reached without TLS: then its token service may be, too. */
  readonly plainHttp: boolean;
  readonly signal: AbortSignal;
}

/** Asks the token service that a challenge names for a token to pull with. Returns the `Authorization` header. */
export async function fetchToken(request: TokenRequest): Promise<string> {
  const { challenge, credentials } = request;
  if (credentials?.registryToken) return `Bearer ${credentials.registryToken}`;
  const realm = realmOf(challenge, request.plainHttp);
  const service = challenge.parameters["service"] ?? "";
  const scope = challenge.parameters["scope"] || `repository:${request.repository}:pull`;
  const response = credentials?.identityToken
    ? await request.fetch(realm, {
        method: "POST",
        body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: credentials.identityToken, service, scope, client_id: "berth" }),
        signal: request.signal,
      })
    : await request.fetch(tokenUrl(realm, service, scope, credentials), { headers: credentials === undefined ? {} : { authorization: basicHeader(credentials) }, signal: request.signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw new CriError("UNAUTHENTICATED", `the token service ${realm.host} answers ${response.status}`);
  }
  return `Bearer ${await tokenOf(response, realm)}`;
}

function realmOf(challenge: Challenge, plainHttp: boolean): URL {
  let realm: URL;
  try {
    realm = new URL(challenge.parameters["realm"] ?? "");
  } catch {
    throw new CriError("UNAUTHENTICATED", "the registry names no token service to log in at");
  }
  if (realm.protocol !== "https:" && !(plainHttp && realm.protocol === "http:")) throw new CriError("UNAUTHENTICATED", `the registry names ${realm.protocol}//${realm.host} as its token service: credentials go over https only`);
  return realm;
}

function tokenUrl(realm: URL, service: string, scope: string, credentials: Credentials | undefined): URL {
  const url = new URL(realm);
  if (service !== "") url.searchParams.set("service", service);
  url.searchParams.set("scope", scope);
  if (credentials !== undefined) url.searchParams.set("account", credentials.username);
  return url;
}

async function tokenOf(response: Response, realm: URL): Promise<string> {
  try {
    const text = await boundedText(response, TOKEN_ANSWER_LIMIT_BYTES);
    const answer = JSON.parse(text) as { token?: unknown; access_token?: unknown };
    const token = answer.token ?? answer.access_token;
    if (typeof token !== "string" || token === "" || /[\r\n]/.test(token)) throw new Error("it holds no token");
    return token;
  } catch (error) {
    throw new CriError("UNAUTHENTICATED", `the token service ${realm.host} gave an answer that can't be used: ${messageOf(error)}`);
  }
}

/** A response's text, at most `limit_bytes` of it; throws when there is more. */
export async function boundedText(response: Response, limit_bytes: number): Promise<string> {
  return (await boundedBytes(response, limit_bytes)).toString("utf8");
}

/** A response's body, at most `limit_bytes` of it; throws when there is more. */
export async function boundedBytes(response: Response, limit_bytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > limit_bytes) throw new Error(`the answer is larger than ${limit_bytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
