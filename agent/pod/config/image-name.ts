const DOMAIN = /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const PATH = /^[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const MAX_NAME = 255;
const DEFAULT_DOMAIN = "docker.io";

/** Splits off the registry as Docker does: the first part is one when it has a dot or a port, is localhost, or has capitals. */
function splitDomain(name: string): { domain: string; rest: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(0, slash));
  const isDomain = slash > 0 && (/[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first);
  return isDomain ? { domain: first, rest: name.slice(slash + 1) } : { domain: DEFAULT_DOMAIN, rest: name };
}

/** What is wrong with an image name, in the distribution reference package's words; undefined when it is fine. */
function problemOf(image: string): string | undefined {
  const at = image.indexOf("@");
  const digest = at < 0 ? undefined : image.slice(at + 1);
  const { domain, rest } = splitDomain(at < 0 ? image : image.slice(0, at));
  const colon = rest.indexOf(":");
  const written = colon < 0 ? rest : rest.slice(0, colon);
  const path = domain === DEFAULT_DOMAIN && !written.includes("/") ? `library/${written}` : written;
  if (path.toLowerCase() !== path) return `invalid reference format: repository name (${path}) must be lowercase`;
  const isValid = DOMAIN.test(domain) && PATH.test(path) && (colon < 0 || TAG.test(rest.slice(colon + 1))) && (digest === undefined || DIGEST.test(digest));
  if (!isValid) return "invalid reference format";
  return path.length > MAX_NAME ? `repository name must not be more than ${MAX_NAME} characters` : undefined;
}

/** The image with `:latest` where it has neither tag nor digest. @throws Error with kubelet's words for a name that is none */
export function withDefaultTag(image: string): string {
  const problem = problemOf(image);
  if (problem !== undefined) throw new Error(`Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${problem}`);
  const hasTag = image.includes("@") || splitDomain(image).rest.includes(":");
  return hasTag ? image : `${image}:latest`;
}

/** The registry of an image: `docker.io` where it names none. */
export function registryOf(image: string): string {
  return splitDomain(image).domain;
}
