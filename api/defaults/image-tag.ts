const PATH_PART = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;
const DOMAIN_PART = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}$/;
const NAME_LIMIT = 255;

/** By image: the same ones are named again and again. */
const tags = new Map<string, string>();
const MAX_TAGS = 1_024;

/**
 * The tag of an image reference: `latest` when neither tag nor digest is given, "" when only a digest is, and "" for what is no
 * reference at all (nobody knows then what would be pulled).
 */
export function imageTag(image: string): string {
  let tag = tags.get(image);
  if (tag === undefined) {
    tag = findTag(image);
    if (tags.size >= MAX_TAGS) tags.clear();
    if (image.length <= NAME_LIMIT) tags.set(image, tag);
  }
  return tag;
}

function findTag(image: string): string {
  const at = image.indexOf("@");
  const digest = at < 0 ? undefined : image.slice(at + 1);
  const rest = at < 0 ? image : image.slice(0, at);
  const slash = rest.lastIndexOf("/");
  const colon = rest.indexOf(":", slash + 1);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const name = colon < 0 ? rest : rest.slice(0, colon);
  if (!isName(name) || (tag !== undefined && !TAG.test(tag)) || (digest !== undefined && !DIGEST.test(digest))) return "";
  return tag ?? (digest === undefined ? "latest" : "");
}

function isName(name: string): boolean {
  if (name === "" || name.length > NAME_LIMIT) return false;
  const parts = name.split("/");
  const first = parts[0] ?? "";
  const hasDomain = parts.length > 1 && (/[.:A-Z]/.test(first) || first === "localhost");
  if (!hasDomain && parts.length === 1 && /^[a-f0-9]{64}$/.test(name)) return false;
  return (!hasDomain || isDomain(first)) && parts.slice(hasDomain ? 1 : 0).every((part) => PATH_PART.test(part));
}

function isDomain(text: string): boolean {
  const port = /:[0-9]+$/.exec(text);
  const host = port === null ? text : text.slice(0, port.index);
  return /^\[[0-9a-fA-F:]+\]$/.test(host) || host.split(".").every((part) => DOMAIN_PART.test(part));
}
