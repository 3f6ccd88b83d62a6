import test, { type ExecutionContext } from "ava";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { startServerOn, STORES } from "../../testing/both-stores.ts";
import { TestClient } from "../../testing/test-client.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

const NS = "/api/v1/namespaces/default";

for (const store of STORES) {
  let one: TestServer;
  let two: TestServer;
  let admin: TestClient;
  let count = 0;

  test.before(async () => {
    one = await startServerOn(store);
    two = await startTestServer({ store: one.store, pki: one.pki });
    admin = new TestClient(one);
  });
  test.after.always(async () => {
    admin?.close();
    await two?.stop();
    await one?.stop();
  });

  const suite = (title: string, run: (t: ExecutionContext) => Promise<void>) => test(`${store}: ${title}`, run);

  const account = async (): Promise<string> => {
    const name = `robot-${store}-${count++}`;
    await admin.post(`${NS}/serviceaccounts`, { metadata: { name } });
    return name;
  };
  const token = async (name: string, spec: object = {}): Promise<string> => {
    const { status, body } = await admin.post(`${NS}/serviceaccounts/${name}/token`, { spec });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.status.token;
  };
  /** Both servers' verdict on a token: 403 says that they know whose it is. */
  const verdicts = async (value: string): Promise<number[]> => {
    const codes: number[] = [];
    for (const server of [one, two]) {
      const client = new TestClient(server, null, { authorization: `Bearer ${value}` });
      codes.push((await client.get("/api/v1/nodes")).status);
      client.close();
    }
    return codes;
  };

  suite("others can verify tokens by the issuer's discovery document and keys; a ServiceAccount may read both", async (t) => {
    const value = await token(await account(), { audiences: ["vault"] });
    const reader = new TestClient(one, null, { authorization: `Bearer ${await token(await account())}` });
    const configuration = await reader.get("/.well-known/openid-configuration");
    t.is(configuration.status, 200);
    t.is(configuration.headers["content-type"], "application/json");
    t.is(configuration.headers["cache-control"], "public, max-age=3600");
    t.like(configuration.body, { issuer: "https://kubernetes.default.svc", response_types_supported: ["id_token"], subject_types_supported: ["public"], id_token_signing_alg_values_supported: ["ES256"] });
    t.regex(configuration.body.jwks_uri, /^https:\/\/.*\/openid\/v1\/jwks$/);
    const keys = await reader.get("/openid/v1/jwks");
    t.is(keys.headers["content-type"], "application/jwk-set+json");
    const { payload } = await jwtVerify(value, createLocalJWKSet(keys.body), { issuer: configuration.body.issuer, audience: "vault" });
    t.is(payload.sub, `system:serviceaccount:default:${(payload as { "kubernetes.io": { serviceaccount: { name: string } } })["kubernetes.io"].serviceaccount.name}`);
    t.is((await reader.call("POST", "/openid/v1/jwks", { body: {} })).status, 403);
    reader.close();
    const stranger = new TestClient(one, one.admin, { "impersonate-user": "bob" });
    t.is((await stranger.get("/openid/v1/jwks")).status, 403);
    t.is((await stranger.get("/.well-known/openid-configuration")).status, 403);
    stranger.close();
    t.is((await admin.call("POST", "/openid/v1/jwks", { body: {} })).status, 405);
    t.is((await admin.get("/openid/v1/other")).status, 404);
  });

  suite("a token says what it is bound to: pod with its node, node alone, secret", async (t) => {
    const name = await account();
    const { body: node } = await admin.post("/api/v1/nodes", { metadata: { name: `node-${name}` } });
    const { body: pod } = await admin.post(`${NS}/pods`, { metadata: { name }, spec: { serviceAccountName: name, nodeName: `node-${name}`, containers: [{ name: "c", image: "i" }] } });
    const { body: secret } = await admin.post(`${NS}/secrets`, { metadata: { name } });
    const claims = async (kind: string, of: string, uid?: string) => decodeJwt(await token(name, { boundObjectRef: { apiVersion: "v1", kind, name: of, ...(uid === undefined ? {} : { uid }) } }))["kubernetes.io"] as Record<string, unknown>;
    const uid = (object: { metadata: { name: string; uid: string } }) => ({ name: object.metadata.name, uid: object.metadata.uid });
    t.like(await claims("Pod", name, pod.metadata.uid), { namespace: "default", pod: uid(pod), node: uid(node) });
    const ofNode = await claims("Node", `node-${name}`);
    t.like(ofNode, { node: uid(node) });
    t.is(ofNode["pod"], undefined);
    t.like(await claims("Secret", name), { secret: uid(secret) });
    const value = await token(name, { boundObjectRef: { apiVersion: "v1", kind: "Pod", name } });
    const { body } = await admin.post("/apis/authentication.k8s.io/v1/tokenreviews", { spec: { token: value } });
    t.like(body.status.user.extra, { "authentication.kubernetes.io/pod-name": [name], "authentication.kubernetes.io/pod-uid": [pod.metadata.uid], "authentication.kubernetes.io/node-name": [`node-${name}`], "authentication.kubernetes.io/node-uid": [node.metadata.uid] });
  });

  suite("a token ends on every server with what it is bound to, and one of the same name does not revive it", async (t) => {
    const name = await account();
    const make: Record<string, [string, object]> = {
      Pod: [`${NS}/pods`, { metadata: { name }, spec: { serviceAccountName: name, containers: [{ name: "c", image: "i" }] } }],
      Secret: [`${NS}/secrets`, { metadata: { name } }],
      Node: ["/api/v1/nodes", { metadata: { name } }],
    };
    for (const [kind, [path, object]] of Object.entries(make)) {
      await admin.post(path, object);
      const value = await token(name, { boundObjectRef: { apiVersion: "v1", kind, name } });
      t.deepEqual(await verdicts(value), [403, 403], kind);
      await admin.delete(`${path}/${name}?gracePeriodSeconds=0`);
      t.deepEqual(await verdicts(value), [401, 401], kind);
      await admin.post(path, object);
      t.deepEqual(await verdicts(value), [401, 401], `${kind} made again`);
    }
  });

  suite("a pod of another account, an object that is not there, odd lifetimes and kinds are refused", async (t) => {
    const name = await account();
    const refusal = async (spec: object) => {
      const { status, body } = await admin.post(`${NS}/serviceaccounts/${name}/token`, { spec });
      return [status, body.message];
    };
    await admin.post(`${NS}/serviceaccounts`, { metadata: { name: "default" } });
    await admin.post(`${NS}/pods`, { metadata: { name }, spec: { containers: [{ name: "c", image: "i" }] } });
    t.deepEqual(await refusal({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name } }), [400, `cannot bind token for serviceaccount "${name}" to pod running with different serviceaccount name.`]);
    t.deepEqual(await refusal({ boundObjectRef: { apiVersion: "v1", kind: "Secret", name: "none" } }), [404, 'secrets "none" not found']);
    t.deepEqual(await refusal({ boundObjectRef: { apiVersion: "apps/v1", kind: "Pod", name } }), [400, "cannot bind token to object of type apps/v1, Kind=Pod"]);
    t.deepEqual(await refusal({ expirationSeconds: 599 }), [422, 'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes']);
    t.deepEqual(await refusal({ expirationSeconds: 2 ** 32 + 1 }), [422, 'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds']);
  });
}
