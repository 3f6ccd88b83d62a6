/** What TLS believes in by a `caBundle`. */
export interface TrustedBundle {
  readonly ca?: string;
  readonly allowPartialTrustChain?: true;
}

/**
 * TLS options for the bundle (PEM) of a webhook or an extension server; absent: the system's authorities. Every certificate in it is believed as it stands, be it an authority's, an
 * intermediate one's or the server's own: so are the roots of Go's verifier, and operators put their serving certificate there.
 */
export function trustedBundle(pem: string | undefined): TrustedBundle {
  return pem === undefined ? {} : { ca: pem, allowPartialTrustChain: true };
}
