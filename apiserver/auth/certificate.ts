import { X509Certificate, createHash, createPrivateKey, createPublicKey, generateKeyPair, randomBytes, sign, type KeyObject } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import { promisify } from "node:util";
import { bitString, booleanTrue, element, elementsOf, type Found, nullValue, objectIdentifier, octetString, sequence, setOf, time, unsignedInteger, utf8String } from "../../lib/der.ts";
import type { KeyPair } from "./pki.ts";

/** What a certificate says; `hosts` are DNS names and IP addresses. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** The user's uid. */
  readonly uid?: string;
  readonly hosts?: readonly string[];
  readonly usages: readonly ("client" | "server")[];
}

export interface Validity {
  readonly now_ms: number;
  readonly lifetime_ms: number;
}

/** Certificates are valid from a little earlier, for clocks that are behind. */
const BACKDATED_MS = 5 * 60_000;

/** RFC 5280 (names and extensions), RFC 5758 and RFC 4055 (signatures). */
export const OID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  /** Kubernetes' own attribute for a user's uid (KEP-4633). */
  userId: "1.3.6.1.4.1.57683.2",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  rsaWithSha256: "1.2.840.113549.1.1.11",
} as const;

/** KeyUsage bits from the left: digitalSignature, keyCertSign, cRLSign. */
const CA_USAGE = { bits: Buffer.from([0b1000_0110]), unused: 1 };
/** digitalSignature, keyEncipherment. */
const LEAF_USAGE = { bits: Buffer.from([0b1010_0000]), unused: 5 };

const makeKeyPair = promisify(generateKeyPair);

/** A new ECDSA P-256 private key, PKCS #8 PEM. */
export async function makePrivateKey(): Promise<string> {
  return privateKeyPem((await makeKeyPair("ec", { namedCurve: "P-256" })).privateKey);
}

/** A self-signed CA certificate (PEM) for the private key. */
export async function makeCaCertificate(key: string, commonName: string, validity: Validity): Promise<string> {
  const name = subjectName({ commonName, usages: [] });
  const publicKey = spkiOf(createPublicKey(key));
  return issue(createPrivateKey(key), {
    issuer: name,
    subject: name,
    publicKey,
    ...dates(validity),
    extensions: [
      extension(OID.basicConstraints, true, sequence(booleanTrue())),
      extension(OID.keyUsage, true, bitString(CA_USAGE.bits, CA_USAGE.unused)),
      extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
    ],
  });
}

/** A certificate of a new key pair, signed by the CA (an EC or RSA key). */
export async function signCertificate(ca: KeyPair, subject: CertificateSubject, validity: Validity): Promise<KeyPair> {
  const keys = await makeKeyPair("ec", { namedCurve: "P-256" });
  const authority = authorityOf(ca.certificate);
  const hosts = subject.hosts ?? [];
  const certificate = issue(createPrivateKey(ca.key), {
    issuer: authority.name,
    subject: subjectName(subject),
    publicKey: spkiOf(keys.publicKey),
    ...dates(validity, authority.notAfter),
    extensions: [
      extension(OID.basicConstraints, true, sequence()),
      extension(OID.keyUsage, true, bitString(LEAF_USAGE.bits, LEAF_USAGE.unused)),
      extension(OID.extendedKeyUsage, false, sequence(...subject.usages.map((usage) => objectIdentifier(OID[usage])))),
      keyIdentifierExtension(authority),
      ...(hosts.length === 0 ? [] : [extension(OID.subjectAlternativeName, false, sequence(...hosts.map(alternativeName)))]),
    ],
  });
  return { certificate, key: privateKeyPem(keys.privateKey) };
}

/** SHA-256 (hex) over the public keys of the CA certificate and of the private keys: the same for servers that share them. */
export function publicKeysFingerprint(caCertificate: string, privateKeys: readonly string[]): string {
  const hash = createHash("sha256");
  hash.update(spkiOf(new X509Certificate(caCertificate).publicKey));
  for (const key of privateKeys) hash.update(spkiOf(createPublicKey(key)));
  return hash.digest("hex");
}

interface Contents {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Buffer[];
}

/** A certificate, version 3 (RFC 5280, 4.1), PEM. */
export function issue(signingKey: KeyObject, contents: Contents): string {
  const algorithm = signingKey.asymmetricKeyType === "rsa" ? sequence(objectIdentifier(OID.rsaWithSha256), nullValue()) : sequence(objectIdentifier(OID.ecdsaWithSha256));
  const signed = sequence(
    element(0xa0, unsignedInteger(Buffer.from([2]))),
    unsignedInteger(serialNumber()),
    algorithm,
    contents.issuer,
    sequence(time(contents.notBefore), time(contents.notAfter)),
    contents.subject,
    contents.publicKey,
    element(0xa3, sequence(...contents.extensions)),
  );
  return pem("CERTIFICATE", sequence(signed, algorithm, bitString(sign("sha256", signed, signingKey))));
}

/** Extension (RFC 5280, 4.1); `value` is the DER in it. */
export function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [booleanTrue()] : []), octetString(value));
}

/** Who signs a certificate. */
export interface Authority {
  readonly name: Buffer;
  readonly keyIdentifier: Buffer;
  readonly notAfter: Date;
}

/** Names the authority's key. */
export function keyIdentifierExtension(authority: Authority): Buffer {
  return extension(OID.authorityKeyIdentifier, false, sequence(element(0x80, authority.keyIdentifier)));
}

/** What certificates say of who signed them: taken from the CA's own, byte for byte. */
export function authorityOf(caCertificate: string): Authority {
  const certificate = new X509Certificate(caCertificate);
  const { fields, subject } = fieldsOf(certificate.raw);
  if (subject === undefined) throw new Error("the CA certificate has no subject");
  const extensions = fields.find((field) => field.tag === 0xa3);
  return { name: subject.bytes, keyIdentifier: subjectKeyIdentifier(extensions?.contents) ?? keyIdentifier(spkiOf(certificate.publicKey)), notAfter: new Date(certificate.validTo) };
}

/** version [0], serial, algorithm, issuer, validity, subject, public key, …, extensions [3] */
function fieldsOf(certificate: Buffer): { fields: Found[]; subject: Found | undefined } {
  const fields = elementsOf(elementsOf(elementsOf(certificate)[0]?.contents ?? Buffer.alloc(0))[0]?.contents ?? Buffer.alloc(0));
  return { fields, subject: fields[fields[0]?.tag === 0xa0 ? 5 : 4] };
}

/** The uid that the certificate (DER) gives its user; undefined where it says none, or more than one. */
export function certificateUid(certificate: Buffer): string | undefined {
  const uids = attributesOf(fieldsOf(certificate).subject, OID.userId);
  return uids.length === 1 && uids[0] !== "" ? uids[0] : undefined;
}

/** Values of a name's attributes of this type (RFC 5280, 4.1.2.4). */
function attributesOf(name: Found | undefined, oid: string): string[] {
  const type = objectIdentifier(oid);
  return elementsOf(name?.contents ?? Buffer.alloc(0))
    .flatMap((set) => elementsOf(set.contents))
    .map((attribute) => elementsOf(attribute.contents))
    .filter(([own]) => own?.bytes.equals(type) === true)
    .map(([, value]) => value?.contents.toString("utf8") ?? "");
}

function subjectKeyIdentifier(extensions: Buffer | undefined): Buffer | undefined {
  const oid = objectIdentifier(OID.subjectKeyIdentifier);
  for (const one of elementsOf(elementsOf(extensions ?? Buffer.alloc(0))[0]?.contents ?? Buffer.alloc(0))) {
    const [name, value] = elementsOf(one.contents);
    if (name?.bytes.equals(oid)) return elementsOf(value?.contents ?? Buffer.alloc(0))[0]?.contents;
  }
  return undefined;
}

/** SHA-1 of the public key's bits (RFC 5280, 4.2.1.2). */
function keyIdentifier(spki: Buffer): Buffer {
  const bits = elementsOf(elementsOf(spki)[0]?.contents ?? Buffer.alloc(0))[1]?.contents ?? Buffer.alloc(0);
  return createHash("sha1").update(bits.subarray(1)).digest();
}

/** GeneralName: iPAddress [7] or dNSName [2]. */
function alternativeName(host: string): Buffer {
  if (isIPv4(host)) return element(0x87, Buffer.from(host.split(".").map(Number)));
  return isIPv6(host) ? element(0x87, ipv6Bytes(host)) : element(0x82, Buffer.from(host, "latin1"));
}

function ipv6Bytes(address: string): Buffer {
  // The URL parser writes an IPv4 tail in hexadecimal and drops what can be dropped.
  const [head = "", tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const [left, right] = [head, tail ?? ""].map((part) => part.split(":").filter(Boolean));
  const groups = [...(left ?? []), ...Array.from({ length: 8 - (left?.length ?? 0) - (right?.length ?? 0) }, () => "0"), ...(right ?? [])];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** Organizations, then the common name, each of its own. */
function subjectName(subject: CertificateSubject): Buffer {
  const part = (oid: string, text: string) => setOf(sequence(objectIdentifier(oid), utf8String(text)));
  return sequence(...(subject.organizations ?? []).map((organization) => part(OID.organization, organization)), ...(subject.uid === undefined ? [] : [part(OID.userId, subject.uid)]), part(OID.commonName, subject.commonName));
}

/** From a little earlier to the end of the lifetime, or to `limit` where that is sooner. */
export function dates(validity: Validity, limit?: Date): { notBefore: Date; notAfter: Date } {
  const end_ms = validity.now_ms + validity.lifetime_ms;
  return { notBefore: new Date(validity.now_ms - BACKDATED_MS), notAfter: new Date(limit === undefined ? end_ms : Math.min(end_ms, limit.getTime())) };
}

/** 16 random bytes with the sign bit off (RFC 5280, 4.1.2.2). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

function privateKeyPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString("base64").replace(/.{64}/g, "$&\n").trimEnd()}\n-----END ${label}-----\n`;
}
