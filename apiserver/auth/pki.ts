/** A certificate and its private key, PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** The cluster's keys, PEM. Every server of a cluster has the same ones. */
export interface Pki {
  readonly dir: string;
  readonly ca: KeyPair;
  /** Private key (ECDSA P-256, PKCS #8) that signs ServiceAccount tokens. */
  readonly serviceAccountKey: string;
}
