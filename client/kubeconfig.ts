/** What the HTTP transport needs to reach a cluster as somebody. Key material is PEM. */
export interface Connection {
  /** `https://host:port`, at least one; the next one is tried when the current cannot be reached. */
  readonly servers: readonly string[];
  /** CA bundle; absent: the system's. */
  readonly ca?: string;
  readonly insecureSkipTlsVerify?: boolean;
  /** Name to verify and send as SNI instead of the URL's host. */
  readonly tlsServerName?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly token?: string;
  /** Read again when it changes (bound tokens are renewed on disk). */
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly impersonate?: { readonly user: string; readonly groups?: readonly string[]; readonly uid?: string };
  /** Namespace of the context. */
  readonly namespace?: string;
}
