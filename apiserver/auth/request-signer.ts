import { createPrivateKey } from "node:crypto";
import { readCertificationRequest } from "../../api/certificates/certification-request.ts";
import { bitString, objectIdentifier, sequence } from "../../lib/der.ts";
import { authorityOf, dates, extension, issue, keyIdentifierExtension, OID, type Validity } from "./certificate.ts";
import type { KeyPair } from "./pki.ts";

/** Bits of KeyUsage, from the left (RFC 5280, 4.2.1.3), by Kubernetes' names. */
const KEY_USAGES: Readonly<Record<string, number>> = { signing: 0, "digital signature": 0, "content commitment": 1, "key encipherment": 2, "data encipherment": 3, "key agreement": 4 };
const EXTENDED_USAGES: Readonly<Record<string, string>> = { "server auth": OID.server, "client auth": OID.client };

/**
 * The certificate (PEM) that a signing request (PKCS #10, PEM) asks for: its subject, key and alternative names, for these of Kubernetes' usages; never a CA's, and not
 * longer than the CA's own.
 * @throws RangeError when the request cannot be read
 */
export function signRequest(ca: KeyPair, request: string, usages: readonly string[], validity: Validity): string {
  const { subject, publicKey, alternativeNames } = readCertificationRequest(request);
  const authority = authorityOf(ca.certificate);
  const extended = usages.flatMap((usage) => EXTENDED_USAGES[usage] ?? []);
  return issue(createPrivateKey(ca.key), {
    issuer: authority.name,
    subject,
    publicKey,
    ...dates(validity, authority.notAfter),
    extensions: [
      extension(OID.basicConstraints, true, sequence()),
      extension(OID.keyUsage, true, keyUsageBits(usages)),
      ...(extended.length === 0 ? [] : [extension(OID.extendedKeyUsage, false, sequence(...extended.map(objectIdentifier)))]),
      keyIdentifierExtension(authority),
      ...(alternativeNames === undefined ? [] : [extension(OID.subjectAlternativeName, false, alternativeNames)]),
    ],
  });
}

function keyUsageBits(usages: readonly string[]): Buffer {
  let bits = 0;
  for (const usage of usages) bits |= KEY_USAGES[usage] === undefined ? 0 : 0x80 >> (KEY_USAGES[usage] ?? 0);
  const unused = bits === 0 ? 0 : 31 - Math.clz32(bits & -bits);
  return bits === 0 ? bitString(Buffer.alloc(0)) : bitString(Buffer.from([bits]), unused);
}
