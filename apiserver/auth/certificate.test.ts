import "reflect-metadata";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import * as independent from "@peculiar/x509";
import test from "ava";
import { type CertificateSubject, certificateUid, makeCaCertificate, makePrivateKey, signCertificate } from "./certificate.ts";
import type { KeyPair } from "./pki.ts";

const DAY_MS = 24 * 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 21, 12, 0, 0);
const YEAR = { now_ms: NOW_MS, lifetime_ms: 365 * DAY_MS };

async function makeCa(validity = { now_ms: NOW_MS, lifetime_ms: 3650 * DAY_MS }): Promise<KeyPair> {
  const key = await makePrivateKey();
  return { key, certificate: await makeCaCertificate(key, "test-ca", validity) };
}

const serving: CertificateSubject = { commonName: "kube-apiserver", usages: ["server"], hosts: ["localhost", "kubernetes.default.svc", "127.0.0.1", "10.96.0.1", "::1", "fd00:1::ab:7", "::ffff:10.1.2.3"] };

test("a CA certificate is a CA's, signed by itself, for as long as was asked", async (t) => {
  const ca = new X509Certificate((await makeCa()).certificate);
  t.true(ca.ca);
  t.true(ca.verify(ca.publicKey));
  t.is(ca.subject, "CN=test-ca");
  t.is(ca.issuer, ca.subject);
  t.is(ca.validFromDate.getTime(), NOW_MS - 5 * 60_000);
  t.is(ca.validToDate.getTime(), NOW_MS + 3650 * DAY_MS);
});

test("a serving certificate names its hosts and its issuer", async (t) => {
  const ca = await makeCa();
  const { certificate } = await signCertificate(ca, serving, YEAR);
  const made = new X509Certificate(certificate);
  const issuer = new X509Certificate(ca.certificate);
  t.true(made.checkIssued(issuer));
  t.true(made.verify(issuer.publicKey));
  t.false(made.ca);
  for (const host of ["localhost", "kubernetes.default.svc"]) t.is(made.checkHost(host), host);
  for (const address of ["127.0.0.1", "10.96.0.1", "::1", "fd00:1::ab:7", "::ffff:10.1.2.3"]) t.is(made.checkIP(address), address);
  t.is(made.checkIP("10.96.0.2"), undefined);
  t.is(made.checkHost("example.org"), undefined);
});

test("another implementation reads the same", async (t) => {
  const ca = await makeCa();
  const organizations = ["system:masters", "Zürich, „Zoo“ + 動物園", "o".repeat(300)];
  const { certificate } = await signCertificate(ca, { commonName: "a\"b,c=d", organizations, hosts: serving.hosts ?? [], usages: ["client", "server"] }, YEAR);
  const read = new independent.X509Certificate(certificate);
  t.deepEqual(read.subjectName.getField("O"), organizations);
  t.deepEqual(read.subjectName.getField("CN"), ['a"b,c=d']);
  t.is(read.issuerName.toString(), "CN=test-ca");
  t.deepEqual([...(read.getExtension(independent.ExtendedKeyUsageExtension)?.usages ?? [])], [independent.ExtendedKeyUsage.clientAuth, independent.ExtendedKeyUsage.serverAuth]);
  const usage = read.getExtension(independent.KeyUsagesExtension);
  t.is(usage?.usages, independent.KeyUsageFlags.digitalSignature | independent.KeyUsageFlags.keyEncipherment);
  t.true(usage?.critical);
  t.like(read.getExtension(independent.BasicConstraintsExtension), { ca: false, critical: true });
  const root = new independent.X509Certificate(ca.certificate);
  t.is(root.getExtension(independent.KeyUsagesExtension)?.usages, independent.KeyUsageFlags.keyCertSign | independent.KeyUsageFlags.cRLSign | independent.KeyUsageFlags.digitalSignature);
  t.is(read.getExtension(independent.AuthorityKeyIdentifierExtension)?.keyId, root.getExtension(independent.SubjectKeyIdentifierExtension)?.keyId);
  t.deepEqual(read.getExtension(independent.SubjectAlternativeNameExtension)?.names.items.length, 7);
  t.true(await read.verify({ publicKey: root.publicKey, date: new Date(NOW_MS) }));
});

test("serial numbers are positive and differ", async (t) => {
  const ca = await makeCa();
  const made = await Promise.all([1, 2, 3].map(() => signCertificate(ca, serving, YEAR)));
  const serials = made.map(({ certificate }) => new X509Certificate(certificate).serialNumber);
  t.is(new Set(serials).size, 3);
  for (const serial of serials) t.regex(serial, /^[4-7][0-9A-F]{31}$/);
});

test("no certificate outlives its CA; years from 2050 on are written as RFC 5280 says", async (t) => {
  const ca = await makeCa({ now_ms: Date.UTC(2049, 11, 31), lifetime_ms: 10 * DAY_MS });
  const { certificate } = await signCertificate(ca, serving, { now_ms: Date.UTC(2049, 11, 31), lifetime_ms: 365 * DAY_MS });
  const made = new X509Certificate(certificate);
  t.is(made.validFromDate.toISOString(), "2049-12-30T23:55:00.000Z");
  t.is(made.validToDate.toISOString(), "2050-01-10T00:00:00.000Z");
});

test("an RSA CA whose key identifier is not ours signs too", async (t) => {
  const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const certificate = await makeCaCertificate(key, "rsa-ca", { now_ms: NOW_MS, lifetime_ms: 3650 * DAY_MS });
  const made = new X509Certificate((await signCertificate({ key, certificate }, serving, YEAR)).certificate);
  t.true(made.checkIssued(new X509Certificate(certificate)));
  t.true(made.verify(new X509Certificate(certificate).publicKey));
});

test("a user's uid is read off the certificate's subject, one and no more", async (t) => {
  const ca = await makeCa({ now_ms: NOW_MS, lifetime_ms: 3650 * DAY_MS });
  const uidOf = async (subject: { uid?: string }) => certificateUid(new X509Certificate((await signCertificate(ca, { commonName: "u", organizations: ["g"], usages: ["client"], ...subject }, YEAR)).certificate).raw);
  t.is(await uidOf({ uid: "a-1" }), "a-1");
  t.is(await uidOf({}), undefined);
});

test("TLS accepts both sides' certificates, and refuses another CA's", async (t) => {
  const now = { now_ms: performance.timeOrigin + performance.now(), lifetime_ms: DAY_MS };
  const [ca, other] = await Promise.all([makeCa(now), makeCa(now)]);
  const [server, client, stranger] = await Promise.all([signCertificate(ca, serving, now), signCertificate(ca, { commonName: "kubernetes-admin", organizations: ["system:masters"], usages: ["client"] }, now), signCertificate(other, { commonName: "kubernetes-admin", usages: ["client"] }, now)]);
  const listener = createServer({ key: server.key, cert: server.certificate, ca: ca.certificate, requestCert: true, rejectUnauthorized: true }, (socket) => socket.end(JSON.stringify(socket.getPeerCertificate().subject)));
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  t.teardown(() => listener.close());
  const talk = async (pair: KeyPair, root: string): Promise<string> => {
    const socket: TLSSocket = connect({ host: "127.0.0.1", port: (listener.address() as AddressInfo).port, ca: root, key: pair.key, cert: pair.certificate });
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    return text;
  };
  t.is(await talk(client, ca.certificate), '{"O":"system:masters","CN":"kubernetes-admin"}');
  // With TLS 1.3 the refusal comes after the client is done: it sees an alert or just the end.
  t.is(await talk(stranger, ca.certificate).catch(() => ""), "");
  await t.throwsAsync(talk(client, other.certificate), { message: /self-signed|unable to verify|signature/ });
});
