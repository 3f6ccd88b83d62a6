import { posix } from "node:path";

/** What of a backend's links must be led back under our path. */
export interface Rewriting {
  /** The path of ours that stands for the backend's root. */
  readonly prefix: string;
  /** The backend's `host:port`. */
  readonly authority: string;
  /** The host that the client asked: ours, in its eyes. */
  readonly asked: string;
}

const PARTS = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/s;

/**
 * A link of the backend as the client must follow it: absolute paths on the backend's own host are put under the prefix; what is relative, on another
 * host or under the prefix already stays as it is.
 */
export function rewriteLocation(link: string, rewriting: Rewriting): string {
  const [, , host = "", path = "", rest = ""] = PARTS.exec(link) ?? [];
  if (host !== "" && host !== rewriting.authority && host !== rewriting.asked) return link;
  if (!path.startsWith("/")) return link;
  if (path.startsWith(rewriting.prefix)) return `${path}${rest}`;
  const joined = posix.join(rewriting.prefix, path);
  return `${path.endsWith("/") && !joined.endsWith("/") ? `${joined}/` : joined}${rest}`;
}
