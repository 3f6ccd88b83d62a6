import { CriError } from "../errors.ts";

/** An image name in full: registry, repository, and a tag or a digest or both. */
export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const repositoryPattern = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const registryPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
export const digestPattern = /^sha256:[0-9a-f]{64}$/;
const MAX_NAME = 255;

/**
 * Reads an image name as Docker's tools do: no registry means docker.io, no path there means library/, no tag and no
 * digest means latest. INVALID_ARGUMENT when it is not a name.
 */
export function parseReference(text: string): ImageReference {
  const invalid = (why: string) => new CriError("INVALID_ARGUMENT", `image name ${JSON.stringify(text.slice(0, 300))}: ${why}`);
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !digestPattern.test(digest)) throw invalid("the digest is not sha256: and 64 hexadecimal digits");
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  const tag = colon > named.lastIndexOf("/") ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !tagPattern.test(tag)) throw invalid("the tag has characters that a tag can't have");
  const path = tag === undefined ? named : named.slice(0, colon);
  const { registry, repository } = splitRegistry(path);
  if (!registryPattern.test(registry)) throw invalid("the registry is not a host name");
  if (!repositoryPattern.test(repository)) throw invalid(repository === repository.toLowerCase() ? "the repository is not lower-case words with / between" : "the repository must be lower case");
  if (registry.length + repository.length + 1 > MAX_NAME) throw invalid(`it is longer than ${MAX_NAME} characters`);
  return { registry, repository, ...(tag === undefined ? (digest === undefined ? { tag: "latest" } : {}) : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function splitRegistry(path: string): { registry: string; repository: string } {
  const slash = path.indexOf("/");
  const first = slash < 0 ? "" : path.slice(0, slash);
  const isRegistry = first === "localhost" || /[.:]/.test(first) || first !== first.toLowerCase();
  const registry = isRegistry ? (first === "index.docker.io" ? "docker.io" : first) : "docker.io";
  const rest = isRegistry ? path.slice(slash + 1) : path;
  return { registry, repository: registry === "docker.io" && !rest.includes("/") ? `library/${rest}` : rest };
}

/** `registry/repository`. */
export function repositoryName(reference: ImageReference): string {
  return `${reference.registry}/${reference.repository}`;
}

/** `registry/repository:tag`, or undefined when it has no tag. */
export function taggedName(reference: ImageReference): string | undefined {
  return reference.tag === undefined ? undefined : `${repositoryName(reference)}:${reference.tag}`;
}
