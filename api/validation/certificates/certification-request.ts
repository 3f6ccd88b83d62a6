import { createPublicKey, verify } from "node:crypto";
import { elementsOf, type Found } from "../../../lib/der.ts";
import { pemBlocks } from "./pem.ts";

const SEQUENCE = 0x30;
const BIT_STRING = 0x03;
/** Signature algorithms with their hashes; Ed25519 has its own. RSA-PSS, DSA and SHA-1 are refused, as Go does or may. */
const hashes: Readonly<Record<string, string | null>> = {
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
  "2b6570": null,
};

/** What is wrong with a certificate signing request (PKCS#10, RFC 2986) in PEM, undefined for nothing. Its signature is checked. */
export function requestFault(pem: string): string | undefined {
  const block = pemBlocks(pem)[0];
  if (block?.type !== "CERTIFICATE REQUEST") return "PEM block type must be CERTIFICATE REQUEST";
  const parts = requestParts(block.bytes);
  if (parts === undefined) return "x509: malformed certificate request";
  const hash = hashes[parts.algorithm];
  if (hash === undefined) return "x509: cannot verify signature: algorithm unimplemented";
  try {
    const key = createPublicKey({ key: parts.publicKey, format: "der", type: "spki" });
    if (verify(hash, parts.signed, key, parts.signature)) return undefined;
    return key.asymmetricKeyType === "rsa" ? "crypto/rsa: verification error" : key.asymmetricKeyType === "ec" ? "x509: ECDSA verification failure" : "x509: Ed25519 verification failure";
  } catch {
    return "x509: malformed public key in certificate request";
  }
}

interface RequestParts {
  readonly signed: Buffer;
  readonly publicKey: Buffer;
  /** Hexadecimal object identifier. */
  readonly algorithm: string;
  readonly signature: Buffer;
}

/** CertificationRequest ::= { { version, subject, subjectPKInfo, attributes }, algorithm, signature }. */
function requestParts(der: Buffer): RequestParts | undefined {
  const [request, ...rest] = childrenOf(der);
  if (request?.tag !== SEQUENCE || rest.length > 0) return undefined;
  const [info, algorithm, signature] = childrenOf(request.contents);
  const publicKey = info && childrenOf(info.contents)[2];
  const identifier = algorithm && childrenOf(algorithm.contents)[0];
  if (!info || !publicKey || !identifier || signature?.tag !== BIT_STRING) return undefined;
  return { signed: info.bytes, publicKey: publicKey.bytes, algorithm: identifier.contents.toString("hex"), signature: signature.contents.subarray(1) };
}

/** The elements in `der`, none where it is no DER. */
function childrenOf(der: Buffer): Found[] {
  try {
    return elementsOf(der);
  } catch {
    return [];
  }
}
