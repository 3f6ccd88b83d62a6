import assert from "node:assert/strict";
import { namespaces, secrets, serviceaccounts } from "../../api/resources.ts";
import type { TokenReview } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import type { TestCluster } from "../testing/test-cluster.ts";

const KEY = { namespace: "a", name: "bob-token" };

async function prepare(cluster: TestCluster): Promise<void> {
  cluster.startManager({ rootCa: "PEM" });
  await cluster.admin.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } });
  await cluster.admin.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: "a", name: "bob" } });
}

const makeSecret = (cluster: TestCluster, account: string, type = "kubernetes.io/service-account-token") =>
  cluster.admin.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: { ...KEY, annotations: { "kubernetes.io/service-account.name": account } }, type });
const isGone = (cluster: TestCluster) => cluster.eventually(() => assert.rejects(cluster.admin.get(secrets, KEY), (error) => isReason(error, "NotFound")));
const text = (value: string | undefined) => Buffer.from(value ?? "", "base64").toString();

async function review(cluster: TestCluster, token: string): Promise<TokenReview> {
  const body = Buffer.from(JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } }));
  const answer = await cluster.admin.request({ method: "POST", path: "/apis/authentication.k8s.io/v1/tokenreviews", headers: { "content-type": "application/json" }, body });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.chunks) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString()) as TokenReview;
}

async function filled(cluster: TestCluster): Promise<{ token: string; review(): Promise<TokenReview> }> {
  let token = "";
  await cluster.eventually(async () => {
    const { data, metadata } = await cluster.admin.get(secrets, KEY);
    assert.equal(text(data?.["ca.crt"]), "PEM");
    assert.equal(text(data?.["namespace"]), "a");
    assert.equal(metadata.annotations?.["kubernetes.io/service-account.uid"], (await cluster.admin.get(serviceaccounts, { namespace: "a", name: "bob" })).metadata.uid);
    token = text(data?.["token"]);
    assert.notEqual(token, "");
  });
  return { token, review: () => review(cluster, token) };
}

clusterTest("a Secret of a ServiceAccount gets a token that is good for years, until the Secret is deleted", async (t, cluster) => {
  await prepare(cluster);
  await makeSecret(cluster, "bob");
  const { token, review } = await filled(cluster);
  t.like(await review(), { status: { authenticated: true, user: { username: "system:serviceaccount:a:bob" } } });
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { exp: number };
  t.true(claims.exp - cluster.clock.now_ms() / 1000 > 100 * 365 * 24 * 3600);
  await cluster.admin.patch(secrets, KEY, "merge", { data: { "ca.crt": null } });
  t.is((await filled(cluster)).token, token, "what is there stays");
  await cluster.admin.delete(secrets, KEY);
  t.falsy((await review()).status?.authenticated);
});

clusterTest("a Secret goes with its ServiceAccount, and one of an account that is not there is deleted", async (t, cluster) => {
  await prepare(cluster);
  await makeSecret(cluster, "bob");
  await filled(cluster);
  await cluster.admin.delete(serviceaccounts, { namespace: "a", name: "bob" });
  await isGone(cluster);
  await makeSecret(cluster, "nobody");
  await isGone(cluster);
  t.pass();
});

clusterTest("Secrets of another type are left alone", async (t, cluster) => {
  await prepare(cluster);
  await makeSecret(cluster, "bob", "Opaque");
  await cluster.pass(5000);
  t.is((await cluster.admin.get(secrets, KEY)).data, undefined);
});
