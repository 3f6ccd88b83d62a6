import { generateKeyPair, sign } from "node:crypto";
import { promisify } from "node:util";
import { makeCaCertificate, makePrivateKey } from "../../../apiserver/auth/certificate.ts";
import { signRequest } from "../../../apiserver/auth/request-signer.ts";
import { bitString, element, objectIdentifier, octetString, sequence, setOf, unsignedInteger, utf8String } from "../../../lib/der.ts";
import type { SignCertificate } from "../signing.ts";

const BMP_STRING = 0x1e;

/** A CA for a test, good for a year. */
export async function testAuthority(now_ms: number): Promise<{ certificate: string; sign: SignCertificate }> {
  const key = await makePrivateKey();
  const certificate = await makeCaCertificate(key, "test-ca", { now_ms, lifetime_ms: 365 * 24 * 3_600_000 });
  return { certificate, sign: (request, usages, validity) => signRequest({ certificate, key }, request, usages, validity) };
}

/** A certificate signing request (PKCS #10, PEM) of a new key; `utf16`: its names are written as BMPString. */
export async function makeRequest(wanted: { commonName: string; organizations?: readonly string[]; dns?: readonly string[]; utf16?: boolean }): Promise<{ pem: string; publicKey: Buffer }> {
  const keys = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const publicKey = keys.publicKey.export({ type: "spki", format: "der" });
  const text = (value: string) => (wanted.utf16 === true ? element(BMP_STRING, Buffer.from(value, "utf16le").swap16()) : utf8String(value));
  const part = (oid: string, value: string) => setOf(sequence(objectIdentifier(oid), text(value)));
  const subject = sequence(...(wanted.organizations ?? []).map((value) => part("2.5.4.10", value)), part("2.5.4.3", wanted.commonName));
  const names = sequence(...(wanted.dns ?? []).map((name) => element(0x82, Buffer.from(name))));
  const extensions = sequence(sequence(objectIdentifier("2.5.29.17"), octetString(names)));
  const attributes = wanted.dns === undefined ? element(0xa0) : element(0xa0, sequence(objectIdentifier("1.2.840.113549.1.9.14"), setOf(extensions)));
  const info = sequence(unsignedInteger(Buffer.from([0])), subject, publicKey, attributes);
  const request = sequence(info, sequence(objectIdentifier("1.2.840.10045.4.3.2")), bitString(sign("sha256", info, keys.privateKey)));
  return { pem: `-----BEGIN CERTIFICATE REQUEST-----\n${request.toString("base64").replace(/.{64}/g, "$&\n").trimEnd()}\n-----END CERTIFICATE REQUEST-----\n`, publicKey };
}
