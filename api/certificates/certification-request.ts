import { elementsOf, type Found, objectIdentifier } from "../../lib/der.ts";
import { pemBlocks } from "../validation/certificates/pem.ts";

/** Whom a certificate signing request (PKCS #10, RFC 2986) asks a certificate for. */
export interface CertificationRequest {
  /** Name, DER. */
  readonly subject: Buffer;
  /** Empty where there is none, or more than one. */
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /** Value of the extension subjectAltName, DER. */
  readonly alternativeNames: Buffer | undefined;
  /** How many names of each kind there are in it. */
  readonly counts: { readonly dns: number; readonly ip: number; readonly email: number; readonly uri: number };
}

const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
/** Context tags of a GeneralName (RFC 5280, 4.2.1.6). */
const GENERAL_NAME = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 };

/** Reads a request in PEM whose signature was checked when it was stored. @throws RangeError when it cannot be read */
export function readCertificationRequest(pem: string): CertificationRequest {
  const [request] = elementsOf(pemBlocks(pem)[0]?.bytes ?? Buffer.alloc(0));
  const [info] = elementsOf(request?.contents ?? Buffer.alloc(0));
  const [, subject, publicKey, attributes] = elementsOf(info?.contents ?? Buffer.alloc(0));
  if (subject === undefined || publicKey === undefined) throw new RangeError("not a certificate signing request");
  const alternativeNames = extensionValue(attributes);
  const names = elementsOf(elementsOf(alternativeNames ?? Buffer.alloc(0))[0]?.contents ?? Buffer.alloc(0));
  const commonNames = attributeValues(subject, COMMON_NAME);
  const count = (tag: number) => names.filter((name) => name.tag === tag).length;
  return {
    subject: subject.bytes,
    commonName: commonNames.length === 1 ? (commonNames[0] ?? "") : "",
    organizations: attributeValues(subject, ORGANIZATION),
    publicKey: publicKey.bytes,
    alternativeNames,
    counts: { dns: count(GENERAL_NAME.dns), ip: count(GENERAL_NAME.ip), email: count(GENERAL_NAME.email), uri: count(GENERAL_NAME.uri) },
  };
}

/** What the request wants in its certificate as subjectAltName. */
function extensionValue(attributes: Found | undefined): Buffer | undefined {
  const [wanted, name] = [objectIdentifier(EXTENSION_REQUEST), objectIdentifier(SUBJECT_ALTERNATIVE_NAME)];
  const attribute = elementsOf(attributes?.contents ?? Buffer.alloc(0)).map(children).find(([type]) => type?.bytes.equals(wanted));
  const [extensions] = children(attribute?.[1]);
  const extension = children(extensions).map(children).find(([type]) => type?.bytes.equals(name));
  // The value stands last; between it and the type may be whether the extension is critical.
  return extension?.at(-1)?.contents;
}

/** Values of a name's attributes of this type (RFC 5280, 4.1.2.4). */
function attributeValues(name: Found, oid: string): string[] {
  const type = objectIdentifier(oid);
  return children(name)
    .flatMap(children)
    .map(children)
    .filter(([own]) => own?.bytes.equals(type) === true)
    .map(([, value]) => directoryString(value));
}

/** UTF8String, PrintableString or IA5String; others (UTF-16 among them) might be read as another name by whom the certificate is shown to. */
function directoryString(value: Found | undefined): string {
  if (value === undefined || ![0x0c, 0x13, 0x16].includes(value.tag)) throw new RangeError("a name is not written in UTF-8");
  return value.contents.toString("utf8");
}

function children(found: Found | undefined): Found[] {
  return elementsOf(found?.contents ?? Buffer.alloc(0));
}
