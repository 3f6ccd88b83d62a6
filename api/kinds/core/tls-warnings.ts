import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import type { Secret } from "../../wire.ts";

/** What keeps certificate and key of a TLS secret from being used together; the secret is stored all the same. */
export function tlsWarnings(secret: Secret): string[] {
  if (secret.type !== "kubernetes.io/tls") return [];
  const problem = pairProblem(decode(secret, "tls.crt"), decode(secret, "tls.key"));
  return problem === undefined ? [] : [problem];
}

function decode(secret: Secret, key: string): string {
  return Buffer.from(secret.data?.[key] ?? "", "base64").toString("utf8");
}

/** The first PEM block whose label `accept` takes. */
function pemBlock(text: string, accept: (label: string) => boolean): string | undefined {
  for (let start = text.indexOf("-----BEGIN "); start >= 0; start = text.indexOf("-----BEGIN ", start + 1)) {
    const labelEnd = text.indexOf("-----", start + 11);
    if (labelEnd < 0) return undefined;
    const label = text.slice(start + 11, labelEnd);
    const end = text.indexOf(`-----END ${label}-----`, labelEnd);
    if (end >= 0 && accept(label)) return text.slice(start, end + label.length + 14);
  }
  return undefined;
}

function pairProblem(certificateText: string, keyText: string): string | undefined {
  const certificate = pemBlock(certificateText, (label) => label === "CERTIFICATE");
  if (certificate === undefined) return "tls: failed to find any PEM data in certificate input";
  const key = pemBlock(keyText, (label) => label === "PRIVATE KEY" || label.endsWith(" PRIVATE KEY"));
  if (key === undefined) return "tls: failed to find any PEM data in key input";
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(certificate);
  } catch {
    return "x509: malformed certificate";
  }
  try {
    const derived = createPublicKey(createPrivateKey(key)).export({ type: "spki", format: "der" });
    return derived.equals(x509.publicKey.export({ type: "spki", format: "der" })) ? undefined : "tls: private key does not match public key";
  } catch {
    return "tls: failed to parse private key";
  }
}
