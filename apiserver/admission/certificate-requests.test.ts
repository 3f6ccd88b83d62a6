import { execFileSync } from "node:child_process";
import test from "ava";
import { TestClient } from "../testing/test-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

const CSRS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
let server: TestServer;
let admin: TestClient;

test.before(async () => {
  server = await startTestServer();
  admin = new TestClient(server);
});
test.after.always(async () => {
  admin?.close();
  await server?.stop();
});

function request(subject: string): string {
  const pem = execFileSync("openssl", ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null", "-subj", subject], { stdio: ["ignore", "pipe", "ignore"] });
  return pem.toString("base64");
}

const make = (name: string, signerName: string, subject = "/CN=bob") => admin.post(CSRS, { metadata: { name }, spec: { request: request(subject), signerName, usages: ["client auth"] } });
const approval = (type: string) => ({ status: { conditions: [{ type, status: "True", reason: "Test", message: "m" }] } });

test("nobody asks for a certificate of system:masters", async (t) => {
  const refused = await make("masters", "kubernetes.io/kube-apiserver-client", "/O=system:masters/CN=eve");
  t.is(refused.status, 403);
  t.is(refused.body.message, 'certificatesigningrequests.certificates.k8s.io "masters" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed');
  t.is((await make("plain", "kubernetes.io/kube-apiserver-client", "/O=team/CN=eve")).status, 201);
  t.is((await make("other-signer", "example.com/s", "/O=system:masters/CN=eve")).status, 201);
});

test("who approves needs the verb for the signer, whatever else he may", async (t) => {
  await make("one", "example.com/one");
  await admin.post(`${RBAC}/clusterroles`, { metadata: { name: "csr" }, rules: [{ apiGroups: ["certificates.k8s.io"], resources: ["certificatesigningrequests/approval", "certificatesigningrequests/status"], verbs: ["patch", "update"] }] });
  await admin.post(`${RBAC}/clusterrolebindings`, { metadata: { name: "csr" }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "csr" }, subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "ann" }] });
  const ann = new TestClient(server, server.admin, { "impersonate-user": "ann" });
  const refused = await ann.patch(`${CSRS}/one/approval`, approval("Approved"));
  t.is(refused.status, 403);
  t.is(refused.body.message, 'certificatesigningrequests.certificates.k8s.io "one" is forbidden: user not permitted to approve requests with signerName "example.com/one"');
  t.is((await ann.patch(`${CSRS}/one/status`, { status: { certificate: Buffer.from(server.admin.certificate).toString("base64") } })).body.message, 'certificatesigningrequests.certificates.k8s.io "one" is forbidden: user not permitted to sign requests with signerName "example.com/one"');
  await admin.post(`${RBAC}/clusterroles`, { metadata: { name: "approver" }, rules: [{ apiGroups: ["certificates.k8s.io"], resources: ["signers"], resourceNames: ["example.com/*"], verbs: ["approve"] }] });
  await admin.post(`${RBAC}/clusterrolebindings`, { metadata: { name: "approver" }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "approver" }, subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "ann" }] });
  t.is((await ann.patch(`${CSRS}/one/approval`, approval("Approved"))).status, 200);
  t.is((await ann.patch(`${CSRS}/one/status`, { metadata: { labels: { a: "b" } } })).status, 200);
  ann.close();
});
