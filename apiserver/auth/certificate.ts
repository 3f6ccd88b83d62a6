import "reflect-metadata";
import { X509Certificate, createHash, createPublicKey, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { KeyPair } from "./pki.ts";

/** What a certificate says; `hosts` are DNS names and IP addresses. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly hosts?: readonly string[];
  readonly usages: readonly ("client" | "server")[];
}

export interface Validity {
  readonly now_ms: number;
  readonly lifetime_ms: number;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
/** Certificates are valid from a little earlier, for clocks that are behind. */
const BACKDATED_MS = 5 * 60_000;

/** A new ECDSA P-256 private key, PKCS #8 PEM. */
export async function makePrivateKey(): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  return privateKeyPem(keys.privateKey);
}

/** A self-signed CA certificate (PEM) for the private key. */
export async function makeCaCertificate(key: string, commonName: string, validity: Validity): Promise<string> {
  const keys = await importKeys(key);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: subjectName({ commonName, usages: [] }),
      ...dates(validity),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto as unknown as Crypto,
  );
  return `${certificate.toString("pem")}\n`;
}

/** A certificate of a new key pair, signed by the CA. */
export async function signCertificate(ca: KeyPair, subject: CertificateSubject, validity: Validity): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const issuer = new x509.X509Certificate(ca.certificate);
  const usages = subject.usages.map((usage) => (usage === "client" ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth));
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: subjectName(subject),
      issuer: issuer.subjectName,
      ...dates(validity, issuer.notAfter),
      signingKey: (await importKeys(ca.key)).privateKey,
      publicKey: keys.publicKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
        new x509.ExtendedKeyUsageExtension(usages),
        await x509.AuthorityKeyIdentifierExtension.create(issuer),
        ...(subject.hosts === undefined || subject.hosts.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(subject.hosts.map(alternativeName))]),
      ],
    },
    webcrypto as unknown as Crypto,
  );
  return { certificate: `${certificate.toString("pem")}\n`, key: await privateKeyPem(keys.privateKey) };
}

/** SHA-256 (hex) over the public keys of the CA certificate and of the private keys: the same for servers that share them. */
export function publicKeysFingerprint(caCertificate: string, privateKeys: readonly string[]): string {
  const hash = createHash("sha256");
  hash.update(new X509Certificate(caCertificate).publicKey.export({ type: "spki", format: "der" }));
  for (const key of privateKeys) hash.update(createPublicKey(key).export({ type: "spki", format: "der" }));
  return hash.digest("hex");
}

function alternativeName(host: string): { type: "dns" | "ip"; value: string } {
  const isAddress = /^[0-9.]+$/.test(host) || host.includes(":");
  return { type: isAddress ? "ip" : "dns", value: host };
}

function subjectName(subject: CertificateSubject): x509.JsonName {
  return [...(subject.organizations ?? []).map((organization) => ({ O: [organization] })), { CN: [subject.commonName] }];
}

function dates(validity: Validity, limit?: Date): { notBefore: Date; notAfter: Date } {
  const end_ms = validity.now_ms + validity.lifetime_ms;
  return { notBefore: new Date(validity.now_ms - BACKDATED_MS), notAfter: new Date(limit === undefined ? end_ms : Math.min(end_ms, limit.getTime())) };
}


/** 16 random bytes with the sign bit off (RFC 5280, 4.1.2.2), hex. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

async function importKeys(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const publicKey = createPublicKey(pem).export({ type: "spki", format: "der" });
  return {
    privateKey: await webcrypto.subtle.importKey("pkcs8", new Uint8Array(derOf(pem)), ALGORITHM, true, ["sign"]),
    publicKey: await webcrypto.subtle.importKey("spki", new Uint8Array(publicKey), ALGORITHM, true, ["verify"]),
  };
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[A-Z ]+-----/g, "").replace(/\s/g, ""), "base64");
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, "$&\n").trimEnd()}\n-----END PRIVATE KEY-----\n`;
}
