import type { Duplex } from "node:stream";
import type { SecureContextOptions } from "node:tls";
import type { StatusError } from "../../api/status/errors.ts";

/** Where a proxied request goes, and how it gets there. */
export interface ProxyTarget {
  readonly scheme: "http" | "https";
  /** The backend's `host:port`: how its redirects to itself are known. */
  readonly authority: string;
  /** Path and query on the backend, escaped: `/a%20b?c=d`. */
  readonly path: string;
  /** A connection to the backend, before TLS. Rejects with the system's error (ECONNREFUSED, …) or a StatusError, which is answered as it is. */
  dial(signal: AbortSignal): Promise<Duplex>;
  /** For `https`. Absent: the backend's certificate is not looked at. */
  readonly tls?: SecureContextOptions & { readonly servername?: string; readonly rejectUnauthorized?: boolean };
  /** `Host` for the backend; the client's where absent. */
  readonly host?: string;
  /** Headers (lower case) for the backend in place of the client's; undefined leaves one out. Credentials of the client are never passed on. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /**
   * The path of ours that stands for the backend's root, without a slash at its end: redirects and links in HTML are led back under it, and headers
   * that let other sites read the answer are dropped. Absent: the answer passes as it is.
   */
  readonly prefix?: string;
  /** The refusal when the backend cannot be reached, from what went wrong; 503 `error trying to reach service: …` where absent. */
  unreachable?(what: string): StatusError;
  /** Answer 502 instead of a redirect: for backends that must not send the API server's clients elsewhere. */
  readonly refuseRedirects?: boolean;
}
