import { createHmac, createPublicKey } from "node:crypto";
import { connect } from "node:tls";
import test from "ava";
import { systemClock } from "../../../lib/clock.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";
import { TestClient } from "../../testing/test-client.ts";
import { issueServingCertificate, loadPki } from "../pki.ts";
import { systemRandom } from "../../../lib/random.ts";

let server: TestServer;
let admin: TestClient;
let counter = 0;

test.before(async () => {
  server = await startTestServer();
  admin = new TestClient(server);
});

test.after.always(async () => {
  admin?.close();
  await server?.stop();
});

async function namespace(): Promise<string> {
  const name = `auth-${counter++}`;
  await admin.post("/api/v1/namespaces", { metadata: { name } });
  await admin.post(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: "default" } });
  return `/api/v1/namespaces/${name}`;
}

async function token(ns: string, spec: object = {}): Promise<string> {
  const { status, body } = await admin.post(`${ns}/serviceaccounts/default/token`, { spec });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.status.token;
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

/** 403 says that the server knows who asks; 401 that it does not. */
async function statusOf(value: string, path = "/api/v1/nodes"): Promise<number> {
  const client = new TestClient(server, null, bearer(value));
  const { status } = await client.get(path);
  client.close();
  return status;
}

function parts(value: string): [string, string, string] {
  const [head = "", claims = "", signature = ""] = value.split(".");
  return [head, claims, signature];
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("nobody gets health and version, and nothing else", async (t) => {
  const nobody = new TestClient(server, null);
  for (const path of ["/healthz", "/livez", "/readyz", "/version"]) t.is((await nobody.get(path)).status, 200, path);
  t.regex((await nobody.get("/readyz?verbose")).text, /\[\+\]ping ok\n[\s\S]*readyz check passed/);
  for (const path of ["/api", "/apis", "/api/v1/namespaces", "/metrics", "/openapi/v3", "/healthzz", "/readyz/ping", "/version/x", "/nonsense"]) {
    const { status, body } = await nobody.get(path);
    t.is(status, 401, path);
    t.like(body, { kind: "Status", reason: "Unauthorized", message: "Unauthorized" });
  }
  nobody.close();
});

test("a certificate of another authority is nobody", async (t) => {
  const other = await startTestServer();
  const stranger = new TestClient(server, other.admin);
  t.is((await stranger.get("/api/v1/namespaces")).status, 401);
  stranger.close();
  await other.stop();
});

test("a serving certificate does not make a client", async (t) => {
  const serving = await issueServingCertificate(server.pki, { commonName: "kubernetes-admin", organizations: ["system:masters"], hosts: ["127.0.0.1"] }, systemClock);
  const client = new TestClient(server, serving);
  t.is((await client.get("/api/v1/namespaces")).status, 401);
  client.close();
});

test("TLS 1.1 is refused, 1.2 and 1.3 are served", async (t) => {
  const attempt = (version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3") =>
    new Promise<boolean>((resolve) => {
      const socket = connect({ host: "127.0.0.1", port: server.port, ca: server.ca, minVersion: version, maxVersion: version }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
  t.false(await attempt("TLSv1.1"));
  t.true(await attempt("TLSv1.2"));
  t.true(await attempt("TLSv1.3"));
});

test("a ServiceAccount's token is its account", async (t) => {
  const ns = await namespace();
  const value = await token(ns);
  const client = new TestClient(server, null, bearer(value));
  const { status, body } = await client.get("/api/v1/nodes");
  t.is(status, 403);
  t.regex(body.message, /User "system:serviceaccount:auth-\d+:default" cannot list resource "nodes"/);
  client.close();
});

test("a token with another audience, a changed one, none or a foreign signature is nobody's", async (t) => {
  const ns = await namespace();
  const value = await token(ns);
  t.is(await statusOf(value), 403);
  t.is(await statusOf(await token(ns, { audiences: ["vault"] })), 401);
  const [head, claims, signature] = parts(value);
  const decoded = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>;
  t.is(await statusOf(`${head}.${encode({ ...decoded, sub: "system:serviceaccount:kube-system:admin" })}.${signature}`), 401);
  t.is(await statusOf(`${encode({ alg: "none", typ: "JWT" })}.${claims}.`), 401);
  const publicKey = createPublicKey(server.pki.serviceAccountKey).export({ type: "spki", format: "pem" });
  const forged = `${encode({ alg: "HS256" })}.${claims}`;
  t.is(await statusOf(`${forged}.${createHmac("sha256", publicKey).update(forged).digest("base64url")}`), 401);
  t.is(await statusOf("nonsense"), 401);
  const other = await startTestServer();
  const foreign = new TestClient(other);
  await foreign.post("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
  const { body } = await foreign.post("/api/v1/namespaces/default/serviceaccounts/default/token", { spec: {} });
  t.is(await statusOf(body.status.token), 401);
  foreign.close();
  await other.stop();
});

test("a token ends with its account and with the pod it is bound to", async (t) => {
  const ns = await namespace();
  const { body: pod } = await admin.post(`${ns}/pods`, { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } });
  const ofPod = await token(ns, { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "p", uid: pod.metadata.uid } });
  const ofAccount = await token(ns);
  t.is(await statusOf(ofPod), 403);
  await admin.delete(`${ns}/pods/p?gracePeriodSeconds=0`);
  t.is(await statusOf(ofPod), 401);
  t.is(await statusOf(ofAccount), 403);
  await admin.delete(`${ns}/serviceaccounts/default`);
  t.is(await statusOf(ofAccount), 401);
  await admin.post(`${ns}/serviceaccounts`, { metadata: { name: "default" } });
  t.is(await statusOf(ofAccount), 401);
});

test("tokens are given only as they may be", async (t) => {
  const ns = await namespace();
  const ask = async (spec: object) => (await admin.post(`${ns}/serviceaccounts/default/token`, { spec })).status;
  t.is(await ask({ expirationSeconds: 10 }), 422);
  t.is(await ask({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "none" } }), 404);
  t.is(await ask({ boundObjectRef: { apiVersion: "v1", kind: "ConfigMap", name: "x" } }), 400);
  const { body: pod } = await admin.post(`${ns}/pods`, { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } });
  t.is(await ask({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "p", uid: "11111111-1111-1111-1111-111111111111" } }), 409);
  t.is(await ask({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "p", uid: pod.metadata.uid } }), 201);
});

test("servers that start on one folder at once have the same keys", async (t) => {
  const dir = `${server.dir}/shared-pki`;
  const all = await Promise.all(Array.from({ length: 8 }, () => loadPki({ dir, clock: systemClock, random: systemRandom })));
  t.is(new Set(all.map((pki) => pki.ca.certificate + pki.ca.key + pki.serviceAccountKey)).size, 1);
});

test("a server with other keys refuses a store that has an owner", async (t) => {
  const pki = await loadPki({ dir: `${server.dir}/other-pki`, clock: systemClock, random: systemRandom });
  const error = await t.throwsAsync(startTestServer({ store: server.store, pki }));
  t.is(error?.name, "ServerKeysMismatchError");
  t.regex(error?.message ?? "", /--pki-dir/);
});
