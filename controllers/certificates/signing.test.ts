import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { certificatesigningrequests } from "../../api/resources.ts";
import type { CertificateSigningRequest } from "../../api/wire.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import type { TestCluster } from "../testing/test-cluster.ts";
import { makeRequest, testAuthority } from "./testing/requests.ts";

async function approved(cluster: TestCluster, name: string, pem: string, spec: Partial<CertificateSigningRequest["spec"]>): Promise<void> {
  const created = await cluster.admin.create(certificatesigningrequests, {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name },
    spec: { request: Buffer.from(pem).toString("base64"), signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"], ...spec },
  });
  const status = { conditions: [{ type: "Approved", status: "True", reason: "Test", message: "" }] };
  await cluster.admin.update(certificatesigningrequests, { ...created, status }, { subresource: "approval" });
}

const statusOf = async (cluster: TestCluster, name: string) => (await cluster.admin.get(certificatesigningrequests, { name })).status ?? {};

async function certificateOf(cluster: TestCluster, name: string): Promise<X509Certificate> {
  let pem = "";
  await cluster.eventually(async () => {
    const { certificate } = await statusOf(cluster, name);
    assert.ok(certificate);
    pem = Buffer.from(certificate, "base64").toString();
  });
  return new X509Certificate(pem);
}

clusterTest("an approved request of the client signer gets a certificate of the cluster's CA, as long as it asks for", async (t, cluster) => {
  const authority = await testAuthority(cluster.clock.now_ms());
  cluster.startManager({ signCertificate: authority.sign });
  const request = await makeRequest({ commonName: "jane", organizations: ["devs"] });
  await approved(cluster, "jane", request.pem, { usages: ["digital signature", "key encipherment", "client auth"], expirationSeconds: 3600 });
  const certificate = await certificateOf(cluster, "jane");
  t.true(certificate.verify(new X509Certificate(authority.certificate).publicKey));
  t.is(certificate.subject, "O=devs\nCN=jane");
  t.deepEqual(certificate.publicKey.export({ type: "spki", format: "der" }), request.publicKey);
  t.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  t.false(certificate.ca);
  t.is(Math.round((Date.parse(certificate.validTo) - cluster.clock.now_ms()) / 60_000), 60);
});

clusterTest("a node's serving certificate keeps its names; without approval, or for a foreign signer, nothing is signed", async (t, cluster) => {
  const authority = await testAuthority(cluster.clock.now_ms());
  cluster.startManager({ signCertificate: authority.sign });
  const node = await makeRequest({ commonName: "system:node:n1", organizations: ["system:nodes"], dns: ["n1.example"] });
  await approved(cluster, "foreign", node.pem, { signerName: "example.com/other", usages: ["server auth"] });
  await cluster.admin.create(certificatesigningrequests, {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: "pending" },
    spec: { request: Buffer.from(node.pem).toString("base64"), signerName: "kubernetes.io/kubelet-serving", usages: ["server auth", "digital signature"] },
  });
  await approved(cluster, "serving", node.pem, { signerName: "kubernetes.io/kubelet-serving", usages: ["server auth", "digital signature"] });
  t.is((await certificateOf(cluster, "serving")).subjectAltName, "DNS:n1.example");
  await cluster.pass(5000);
  t.is((await statusOf(cluster, "foreign")).certificate, undefined);
  t.is((await statusOf(cluster, "pending")).certificate, undefined);
});

clusterTest("what a signer's rules forbid fails, and says why", async (t, cluster) => {
  const authority = await testAuthority(cluster.clock.now_ms());
  cluster.startManager({ signCertificate: authority.sign });
  const node = { commonName: "system:node:n1", organizations: ["system:nodes"] };
  const kubelet = "kubernetes.io/kube-apiserver-client-kubelet";
  const serving = "kubernetes.io/kubelet-serving";
  const cases: readonly [string, Parameters<typeof makeRequest>[0], Partial<CertificateSigningRequest["spec"]>, RegExp][] = [
    ["server-usage", { commonName: "jane" }, { usages: ["client auth", "server auth"] }, /usages must be client auth/],
    ["not-a-node", { commonName: "jane", organizations: ["system:nodes"] }, { signerName: kubelet, usages: ["client auth", "digital signature"] }, /common name must begin with system:node:/],
    ["more-groups", { ...node, organizations: ["system:nodes", "system:masters"] }, { signerName: kubelet, usages: ["client auth", "digital signature"] }, /organization must be system:nodes alone/],
    ["with-names", { ...node, dns: ["a.example"] }, { signerName: kubelet, usages: ["client auth", "digital signature"] }, /has alternative names/],
    ["no-names", node, { signerName: serving, usages: ["server auth", "digital signature"] }, /no DNS name and no IP address/],
    ["utf16", { commonName: "jane", organizations: ["system:masters"], utf16: true }, {}, /not written in UTF-8/],
  ];
  for (const [name, subject, spec, message] of cases) {
    await approved(cluster, name, (await makeRequest(subject)).pem, spec);
    await cluster.eventually(async () => {
      const { conditions, certificate } = await statusOf(cluster, name);
      const failed = conditions?.find(({ type }) => type === "Failed");
      assert.equal(failed?.reason, "SignerValidationFailure");
      assert.match(failed?.message ?? "", message);
      assert.equal(certificate, undefined);
    });
  }
  t.pass();
});
