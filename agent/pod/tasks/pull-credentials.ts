import type { Pod } from "../../../api/wire.ts";
import type { Init } from "../../../cri/vocabulary.ts";
import type { ReferenceSource } from "../config/environment.ts";
import { registryOf } from "../config/image-name.ts";

interface Credential {
  /** Registry, or registry and path, without a scheme. May have `*` in the host's parts. */
  readonly scope: string;
  readonly auth: Init<"AuthConfig">;
}

interface DockerAuth {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

export interface PullCredentials {
  /** In the order to try; empty: pull without. */
  readonly auths: readonly Init<"AuthConfig">[];
  /** Secrets that could not be had. */
  readonly missing: readonly string[];
}

/** What the pod's imagePullSecrets say of an image's registry, the most particular first. */
export async function pullCredentials(pod: Pod, image: string, source: ReferenceSource): Promise<PullCredentials> {
  const missing: string[] = [];
  const found: Credential[] = [];
  for (const { name } of pod.spec?.imagePullSecrets ?? []) {
    if (name === undefined || name === "") continue;
    const secret = await source.secret(pod.metadata.namespace ?? "", name).catch(() => undefined);
    if (secret === undefined) missing.push(name);
    else found.push(...credentialsOf(secret.data ?? {}));
  }
  const target = `${registryOf(image)}/${image.replace(`${registryOf(image)}/`, "")}`;
  const auths = found
    .filter((credential) => covers(credential.scope, target))
    .sort((a, b) => b.scope.length - a.scope.length)
    .map((credential) => credential.auth);
  return { auths, missing };
}

/** kubernetes.io/dockerconfigjson and the older kubernetes.io/dockercfg. What cannot be read counts for nothing. */
function credentialsOf(data: Readonly<Record<string, string>>): Credential[] {
  try {
    const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString("utf8");
    const auths: Record<string, DockerAuth> = data[".dockerconfigjson"] === undefined ? JSON.parse(text(".dockercfg") || "{}") : (JSON.parse(text(".dockerconfigjson")).auths ?? {});
    return Object.entries(auths).map(([registry, auth]) => ({ scope: scopeOf(registry), auth: authConfig(registry, auth) }));
  } catch {
    return [];
  }
}

function authConfig(registry: string, auth: DockerAuth): Init<"AuthConfig"> {
  const [user, ...rest] = Buffer.from(auth.auth ?? "", "base64").toString("utf8").split(":");
  return {
    username: auth.username ?? user ?? "",
    password: auth.password ?? rest.join(":"),
    serverAddress: registry,
    identityToken: auth.identitytoken ?? "",
    registryToken: auth.registrytoken ?? "",
  };
}

/** `https://index.docker.io/v1/` means Docker Hub; a scheme and the API's version say nothing. */
function scopeOf(registry: string): string {
  const bare = registry.replace(/^https?:\/\//, "").replace(/\/v[12]\/?$/, "").replace(/\/$/, "");
  return bare === "index.docker.io" ? "docker.io" : bare;
}

function covers(scope: string, target: string): boolean {
  const [scopeHost = "", ...scopePath] = scope.split("/");
  const [host = "", ...path] = target.split("/");
  const scopeParts = scopeHost.split(".");
  const hostParts = host.split(".");
  const isHost = scopeParts.length === hostParts.length && scopeParts.every((part, index) => part === hostParts[index] || (part.includes("*") && glob(part, hostParts[index] ?? "")));
  return isHost && path.join("/").startsWith(scopePath.join("/"));
}

function glob(pattern: string, text: string): boolean {
  const [head = "", ...tail] = pattern.split("*");
  if (!text.startsWith(head)) return false;
  let at = head.length;
  for (const piece of tail) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return tail.at(-1) === "" || at === text.length;
}
