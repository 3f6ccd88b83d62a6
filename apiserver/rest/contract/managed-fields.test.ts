import test from "ava";
import { systemClock } from "../../../lib/clock.ts";
import { type ServersOn, STORES, startServersOn } from "../../testing/both-stores.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";

const APPLY = "application/apply-patch+yaml";
const JSON_PATCH = "application/json-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";

for (const kind of STORES) {
  let servers: ServersOn;
  let client: TestClient;
  let counter = 0;
  /** How far the server's clock is ahead. */
  let ahead_ms = 0;

  test.serial.before(`${kind}: start`, async () => {
    servers = await startServersOn(kind, { clock: { ...systemClock, now_ms: () => systemClock.now_ms() + ahead_ms } });
    client = new TestClient(servers.server);
  });

  test.after.always(`${kind}: stop`, async () => {
    client?.close();
    await servers?.stop();
  });

  const namespace = async (): Promise<string> => {
    const name = `mf-${counter++}`;
    await client.post("/api/v1/namespaces", { metadata: { name } });
    return name;
  };

  const deployment = async (ns: string): Promise<string> => {
    const path = `/apis/apps/v1/namespaces/${ns}/deployments`;
    await client.post(`${path}?fieldManager=maker`, deploymentOf({}));
    return `${path}/d`;
  };

  test.serial(`${kind}: every write is tracked by fieldManager, else by the program's name`, async (t) => {
    const maps = `/api/v1/namespaces/${await namespace()}/configmaps`;
    const made = await client.post(maps, { metadata: { name: "a", generateName: "x" }, data: { k: "v" } }, { headers: { "user-agent": "my-tool/v1 (linux)" } });
    t.deepEqual(managers(made.body), [["my-tool", "Update", { "f:data": { ".": {}, "f:k": {} }, "f:metadata": { "f:generateName": {} } }]]);
    // What only the server says is gone before that.
    const dead = await client.post(`${maps}?fieldManager=m`, { metadata: { name: "dead", deletionTimestamp: "2020-01-01T00:00:00Z", deletionGracePeriodSeconds: 5 }, data: { k: "v" } });
    t.deepEqual(managers(dead.body), [["m", "Update", { "f:data": { ".": {}, "f:k": {} } }]]);
    const { metadata } = made.body;
    const put = await client.put(`${maps}/a?fieldManager=editor`, { metadata, data: { k: "w" } });
    t.deepEqual(managers(put.body), [
      ["editor", "Update", { "f:data": { "f:k": {} } }],
      ["my-tool", "Update", { "f:data": {}, "f:metadata": { "f:generateName": {} } }],
    ]);
    const patched = await client.patch(`${maps}/a?fieldManager=patcher`, [{ op: "add", path: "/data/l", value: "x" }], JSON_PATCH);
    t.deepEqual(owners(patched.body, "patcher"), { "f:data": { "f:l": {} } });
    const strategic = await client.patch(`${maps}/a?fieldManager=patcher`, { metadata: { labels: { a: "b" } } }, STRATEGIC);
    t.deepEqual(owners(strategic.body, "patcher"), { "f:data": { "f:l": {} }, "f:metadata": { "f:labels": { ".": {}, "f:a": {} } } });
    t.deepEqual((await client.get(`${maps}/a`)).body, strategic.body);
  });

  test.serial(`${kind}: a patch of nothing but an entry's time changes nothing`, async (t) => {
    const maps = `/api/v1/namespaces/${await namespace()}/configmaps`;
    const made = await client.post(maps, { metadata: { name: "a" }, data: { k: "v" } });
    const patched = await client.patch(`${maps}/a`, [{ op: "remove", path: "/metadata/managedFields/0/time" }], JSON_PATCH);
    t.is(patched.status, 200);
    t.deepEqual(patched.body, made.body);
  });

  test.serial(`${kind}: whoever made a map owns it when all in it is gone: who fills it again is in conflict`, async (t) => {
    const path = `/api/v1/namespaces/${await namespace()}/configmaps/a`;
    const apply = (manager: string, force: boolean, data?: Record<string, string>) =>
      client.patch(`${path}?fieldManager=${manager}&force=${force}`, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", ...(data === undefined ? { labels: { l: "1" } } : {}) }, ...(data && { data }) }, APPLY);
    await apply("keeper", false);
    await client.patch(`${path}?fieldManager=maker`, { data: { a: "1" } });
    await apply("other", true, { a: "2" });
    await client.patch(`${path}?fieldManager=other&force=false`, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }, APPLY);
    const refused = await apply("third", false, { a: "1" });
    t.is(refused.status, 409);
    t.is(refused.body.message, 'Apply failed with 1 conflict: conflict with "maker" using v1: .data');
  });

  test.serial(`${kind}: an object that a PUT creates is tracked once`, async (t) => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${await namespace()}/leases/l`;
    const { status, body } = await client.put(`${path}?fieldManager=m`, { metadata: { name: "l" }, spec: { holderIdentity: "h" } });
    t.is(status, 201);
    t.deepEqual(managers(body), [["m", "Update", { "f:spec": { "f:holderIdentity": {} } }]]);
  });

  test.serial(`${kind}: status and main resource have managers of their own`, async (t) => {
    const path = await deployment(await namespace());
    const status = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d" }, spec: { paused: true }, status: { replicas: 3 } };
    const applied = await client.patch(`${path}/status?fieldManager=m1`, status, APPLY);
    t.is(applied.status, 200);
    t.is(applied.body.spec.paused, undefined);
    t.is(applied.body.status.replicas, 3);
    t.deepEqual(
      applied.body.metadata.managedFields.filter((entry: Json) => entry.subresource === "status").map((entry: Json) => [entry.manager, entry.operation, entry.fieldsV1]),
      [["m1", "Apply", { "f:status": { "f:replicas": {} } }]],
    );
    // The status of a write to the main resource is not kept, and nobody comes to own it.
    const main = await client.patch(`${path}?fieldManager=m1&force=true`, { ...deploymentOf({ paused: true }), status: { replicas: 9 } }, APPLY);
    t.is(main.body.status.replicas, 3);
    const own = main.body.metadata.managedFields.find((entry: Json) => entry.manager === "m1" && entry.subresource === undefined);
    t.is(own.fieldsV1["f:status"], undefined);
    t.deepEqual(own.fieldsV1["f:spec"]["f:paused"], {});
    t.is((await client.patch(`${path.replace(/d$/, "none")}/status?fieldManager=m1`, status, APPLY)).status, 404);
  });

  test.serial(`${kind}: who scales owns the replicas, and who applied them before is in conflict`, async (t) => {
    const ns = await namespace();
    const path = `/apis/apps/v1/namespaces/${ns}/deployments/d`;
    await client.patch(`${path}?fieldManager=m1`, deploymentOf({ replicas: 1 }), APPLY);
    const scale = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "d", namespace: ns }, spec: { replicas: 4 } };
    t.is((await client.put(`${path}/scale?fieldManager=autoscaler`, scale)).status, 200);
    const scaled = (await client.get(path)).body;
    t.is(scaled.spec.replicas, 4);
    t.deepEqual(owners(scaled, "autoscaler"), { "f:spec": { "f:replicas": {} } });
    t.is(scaled.metadata.managedFields.find((entry: Json) => entry.manager === "autoscaler").subresource, "scale");
    t.is(owners(scaled, "m1")["f:spec"]["f:replicas"], undefined);
    const refused = await client.patch(`${path}?fieldManager=m1`, deploymentOf({ replicas: 1 }), APPLY);
    t.deepEqual([refused.status, refused.body.message], [409, 'Apply failed with 1 conflict: conflict with "autoscaler" with subresource "scale" using apps/v1: .spec.replicas']);
    // Who says nothing of the replicas any more leaves them to others.
    const quiet = await client.patch(`${path}?fieldManager=m1`, deploymentOf({}), APPLY);
    t.is(quiet.body.spec.replicas, 4);
    const applied = await client.patch(`${path}/scale?fieldManager=m2&force=true`, { ...scale, spec: { replicas: 2 } }, APPLY);
    t.deepEqual([applied.status, applied.body.spec.replicas, applied.body.metadata.managedFields], [200, 2, undefined]);
    const last = (await client.get(path)).body;
    t.is(last.spec.replicas, 2);
    t.deepEqual(owners(last, "m2"), { "f:spec": { "f:replicas": {} } });
    t.is(owners(last, "autoscaler"), undefined);
  });

  test.serial(`${kind}: one entry that is empty forgets all managers, and a JSON patch may edit them`, async (t) => {
    const path = `/api/v1/namespaces/${await namespace()}/configmaps/a`;
    const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { k: "v" } };
    await client.patch(`${path}?fieldManager=m1`, config, APPLY);
    const edited = await client.patch(`${path}?fieldManager=x`, [{ op: "replace", path: "/metadata/managedFields/0/manager", value: "m2" }], JSON_PATCH);
    t.deepEqual(managers(edited.body), [["m2", "Apply", { "f:data": { "f:k": {} } }]]);
    const invalid = await client.patch(path, [{ op: "replace", path: "/metadata/managedFields/0/operation", value: "Bogus" }], JSON_PATCH);
    t.deepEqual(managers(invalid.body), managers(edited.body));
    const reset = await client.patch(path, { metadata: { managedFields: [{}] } });
    t.is(reset.body.metadata.managedFields, undefined);
    t.is((await client.patch(path, { data: { k: "w" } })).body.metadata.managedFields, undefined);
    const first = await client.patch(`${path}?fieldManager=m1`, { ...config, data: { l: "x" } }, APPLY);
    t.deepEqual(managers(first.body), [
      ["before-first-apply", "Update", { "f:data": { ".": {}, "f:k": {} } }],
      ["m1", "Apply", { "f:data": { "f:l": {} } }],
    ]);
  });

  test.serial(`${kind}: a write that the kind takes back changes nothing, not even a time`, async (t) => {
    const path = await deployment(await namespace());
    const write = () => client.patch(`${path}?fieldManager=m`, { spec: { template: { spec: { schedulingGroup: { podGroupName: "g" } } } } });
    const once = (await write()).body;
    t.is(once.spec.template.spec.schedulingGroup, undefined);
    ahead_ms += 5_000;
    t.deepEqual((await write()).body, once);
    t.is((await client.get(path)).body.metadata.resourceVersion, once.metadata.resourceVersion);
    const labelled = await client.patch(`${path}?fieldManager=m`, { metadata: { labels: { a: "b" } } });
    t.not(labelled.body.metadata.resourceVersion, once.metadata.resourceVersion);
  });

  test.serial(`${kind}: an owner that stands twice is one owner, and a warning`, async (t) => {
    const maps = `/api/v1/namespaces/${await namespace()}/configmaps`;
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "11111111-1111-1111-1111-111111111111" };
    const made = await client.post(`${maps}?fieldManager=m`, { metadata: { name: "a", ownerReferences: [owner, owner] } });
    t.deepEqual(made.body.metadata.ownerReferences, [owner]);
    const text = (when: string) => `299 - ".metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${owner.uid}"`;
    t.is(made.headers.warning, text(""));
    const patched = await client.patch(`${maps}/a`, [{ op: "add", path: "/metadata/ownerReferences/-", value: owner }], JSON_PATCH);
    t.deepEqual(patched.body.metadata.ownerReferences, [owner]);
    t.is(patched.headers.warning, text(" after mutating admission happens"));
  });

  test.serial(`${kind}: managers of one version of a kind are known in the others`, async (t) => {
    const ns = await namespace();
    const target = { apiVersion: "apps/v1", kind: "Deployment", name: "d" };
    const two = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", metadata: { name: "h" }, spec: { scaleTargetRef: target, maxReplicas: 3 } };
    const path = (version: string) => `/apis/autoscaling/${version}/namespaces/${ns}/horizontalpodautoscalers/h`;
    await client.patch(`${path("v2")}?fieldManager=m1`, two, APPLY);
    const old = await client.patch(`${path("v1")}?fieldManager=editor`, { spec: { maxReplicas: 5 } });
    t.deepEqual(
      old.body.metadata.managedFields.map((entry: Json) => [entry.manager, entry.apiVersion, entry.fieldsV1["f:spec"]?.["f:maxReplicas"]]),
      [
        ["m1", "autoscaling/v2", undefined],
        ["editor", "autoscaling/v1", {}],
      ],
    );
    const refused = await client.patch(`${path("v2")}?fieldManager=m1`, two, APPLY);
    t.is(refused.body.message, 'Apply failed with 1 conflict: conflict with "editor" using autoscaling/v1: .spec.maxReplicas');
  });

  test.serial(`${kind}: a binding is nobody's, and what the server makes itself is its own`, async (t) => {
    const ns = await namespace();
    const { body: namespaces } = await client.get("/api/v1/namespaces/kube-system");
    t.deepEqual(
      namespaces.metadata.managedFields.map((entry: Json) => entry.manager),
      ["berth-apiserver"],
    );
    await client.post(`/api/v1/namespaces/${ns}/serviceaccounts`, { metadata: { name: "default" } });
    const pods = `/api/v1/namespaces/${ns}/pods`;
    await client.post(`${pods}?fieldManager=maker`, { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } });
    t.is((await client.post(`${pods}/p/binding?fieldManager=binder`, { metadata: { name: "p" }, target: { kind: "Node", name: "n" } })).status, 201);
    const pod = (await client.get(`${pods}/p`)).body;
    t.is(pod.spec.nodeName, "n");
    t.deepEqual(
      pod.metadata.managedFields.map((entry: Json) => entry.manager),
      ["maker"],
    );
  });
}

function deploymentOf(spec: Record<string, unknown>): Record<string, unknown> {
  const template = { metadata: { labels: { app: "d" } }, spec: { containers: [{ name: "c", image: "img:1" }] } };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d" }, spec: { selector: { matchLabels: { app: "d" } }, template, ...spec } };
}

/** By name: those of one second are in another order than those of two. */
function managers(object: Json): unknown[] {
  const entries = (object.metadata.managedFields ?? []).map((entry: Json) => [entry.manager, entry.operation, entry.fieldsV1]);
  return entries.sort(([a]: string[], [b]: string[]) => ((a ?? "") < (b ?? "") ? -1 : 1));
}

function owners(object: Json, manager: string): Json {
  return object.metadata.managedFields.find((entry: Json) => entry.manager === manager)?.fieldsV1;
}
