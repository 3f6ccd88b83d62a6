import test from "ava";
import { nodes, pods } from "../../../api/resources.ts";
import type { Pod } from "../../../api/wire.ts";
import { type Client, isReason } from "../../../client/client.ts";
import { createInProcessClient } from "../../../client/in-process/client.ts";
import { systemClock } from "../../../lib/clock.ts";
import { makeNode, makePod, type NodeText, type PodText } from "../../../scheduler/testing/objects.ts";
import { type Store, type TxnRequest, UnavailableError } from "../../../store/store.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

/** Two API servers on one store, each with a client. */
async function withServers(body: (a: Client, b: Client, first: TestServer) => Promise<void>, wrap: (store: Store) => Store = (store) => store): Promise<void> {
  const first = await startTestServer();
  const second = await startTestServer({ store: wrap(first.store), pki: first.pki });
  const clientOf = (server: TestServer) => createInProcessClient(server.handler, { name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] }, { clock: systemClock });
  try {
    const a = clientOf(first);
    await a.create({ group: "", version: "v1", resource: "serviceaccounts", kind: "ServiceAccount", namespaced: true }, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "none", namespace: "default" } });
    await body(a, clientOf(second), first);
  } finally {
    await second.stop();
    await first.stop();
  }
}

async function addNode(client: Client, name: string, text: NodeText): Promise<void> {
  const { metadata, status, apiVersion, kind } = makeNode(name, text);
  const made = await client.create(nodes, { apiVersion, kind, metadata: { name, labels: metadata.labels! } });
  await client.update(nodes, { ...made, status: { ...status } }, { subresource: "status" });
}

async function addPod(client: Client, name: string, text: PodText): Promise<Pod> {
  const { metadata, spec, apiVersion, kind } = makePod(name, text);
  return client.create(pods, { apiVersion, kind, metadata: { name, namespace: "default", labels: metadata.labels! }, spec: { ...spec!, serviceAccountName: "none", automountServiceAccountToken: false } });
}

/** "bound", or why not. */
async function bind(client: Client, name: string, node: string, annotations?: Record<string, string>): Promise<string> {
  const body = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace: "default", ...(annotations && { annotations }) }, target: { kind: "Node", name: node } };
  try {
    await client.createSubresource(pods, { namespace: "default", name }, "binding", body);
    return "bound";
  } catch (error) {
    if (isReason(error, "Conflict")) return (error as Error).message;
    throw error;
  }
}

test("bindings through two servers at once never give a node more than it has", async (t) => {
  await withServers(async (a, b) => {
    for (const name of ["n1", "n2"]) await addNode(a, name, { cpu: "4" });
    const names = Array.from({ length: 24 }, (_, i) => `p${i}`);
    await Promise.all(names.map((name) => addPod(a, name, { requests: { cpu: "1" } })));
    const results = await Promise.all(names.map((name, i) => bind(i % 2 === 0 ? a : b, name, i % 3 === 0 ? "n1" : "n2")));
    const all = await a.list(pods, {});
    for (const node of ["n1", "n2"]) t.is(all.items.filter((pod) => pod.spec?.nodeName === node).length, 4, node);
    t.is(results.filter((result) => result === "bound").length, 8);
    t.regex(results.find((result) => result !== "bound")!, /node n\d has no room for it: cpu: needs 1, 0 free$/);
  });
});

test("room that was given back can be taken, through either server", async (t) => {
  await withServers(async (a, b) => {
    await addNode(a, "n", { cpu: "1" });
    for (const name of ["p", "q", "r"]) await addPod(a, name, { requests: { cpu: "1" } });
    t.is(await bind(a, "p", "n"), "bound");
    t.not(await bind(b, "q", "n"), "bound");
    await a.delete(pods, { namespace: "default", name: "p" }, { gracePeriodSeconds: 0 });
    t.is(await bind(b, "q", "n"), "bound");
    t.not(await bind(a, "r", "n"), "bound");
  });
});

test("host ports and devices are not given twice", async (t) => {
  await withServers(async (a, b) => {
    await addNode(a, "n", { extended: { "nvidia.com/gpu": "2" } });
    const port = { containers: [{ name: "c", image: "i", ports: [{ containerPort: 80, hostPort: 8080 }] }] };
    await addPod(a, "p", { spec: port });
    await addPod(a, "q", { spec: port });
    t.is(await bind(a, "p", "n"), "bound");
    t.regex(await bind(b, "q", "n"), /host port 8080\/TCP is in use/);
    const share = { containers: [{ name: "c", image: "i", resources: { requests: { "berth.dev/gpu-milli": "600" }, limits: { "berth.dev/gpu-milli": "600" } } }] };
    for (const name of ["s1", "s2", "s3"]) await addPod(a, name, { spec: share });
    const on = (index: string) => ({ "berth.dev/gpu-devices": index });
    t.is(await bind(a, "s1", "n", on("0")), "bound");
    t.regex(await bind(b, "s2", "n", on("0")), /device 0: needs 600 thousandths, 400 free/);
    t.is(await bind(b, "s2", "n", on("1")), "bound");
  });
});

test("nodes that are not there or have reported nothing are bound to as in Kubernetes", async (t) => {
  await withServers(async (a) => {
    await addPod(a, "p", { requests: { cpu: "1" } });
    t.is(await bind(a, "p", "nowhere"), "bound");
    await a.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "bare" } });
    await addPod(a, "q", { requests: { cpu: "1" } });
    t.is(await bind(a, "q", "bare"), "bound");
  });
});

test("one server that binds many pods at once on one node loses no race and writes nothing besides the pods", async (t) => {
  await withServers(async (a, _b, server) => {
    await addNode(a, "n", { cpu: "64" });
    for (let i = 0; i < 41; i++) await addPod(a, `p${i}`, { requests: { cpu: "1" } });
    await bind(a, "p0", "n");
    const before = await server.store.revision();
    await Promise.all(Array.from({ length: 40 }, (_, i) => bind(a, `p${i + 1}`, "n")));
    t.is((await server.store.revision()) - before, 40);
  });
});

test("a binding of unknown outcome that is done later counts", async (t) => {
  const late: (() => Promise<void>)[] = [];
  let losing = false;
  const wrap = (store: Store): Store => {
    const wrapped = Object.create(store) as Store;
    for (const name of ["revision", "range", "watch", "compact", "grantLease", "keepAliveLease", "revokeLease", "size_bytes"] as const) Object.assign(wrapped, { [name]: (store[name] as (...args: never[]) => unknown).bind(store) });
    wrapped.close = () => Promise.resolve();
    wrapped.txn = async (request: TxnRequest) => {
      if (!losing || !request.operations.some((operation) => operation.key.includes("/pods/"))) return store.txn(request);
      late.push(async () => void (await store.txn(request)));
      throw new UnavailableError("connection lost");
    };
    return wrapped;
  };
  await withServers(async (a, b) => {
    await addNode(a, "n", { cpu: "1" });
    await addPod(a, "p", { requests: { cpu: "1" } });
    await addPod(a, "q", { requests: { cpu: "1" } });
    losing = true;
    await t.throwsAsync(bind(b, "p", "n"));
    losing = false;
    t.is(await bind(b, "q", "n"), "bound");
    await late[0]!();
    const all = await a.list(pods, {});
    t.deepEqual(all.items.filter((pod) => pod.spec?.nodeName).map((pod) => pod.metadata.name), ["q"], "the late one was fenced off");
  }, wrap);
});
