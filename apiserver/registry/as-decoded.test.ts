import test from "ava";
import { nodes, pods, serviceaccounts } from "../../api/resources.ts";
import type { Pod } from "../../api/wire.ts";
import type { ApiHandler } from "../../api/exchange.ts";
import { createInProcessClient } from "../../client/in-process/client.ts";
import { systemClock } from "../../lib/clock.ts";
import { startTestServer } from "../testing/test-server.ts";

const key = { namespace: "default", name: "p" };
const spec = { containers: [{ name: "c", image: "i", args: [], env: [{ name: "A" }], resources: { requests: { cpu: "0.5" } } }], serviceAccountName: "none", automountServiceAccountToken: false, nodeSelector: {} };
const metadata = { ...key, annotations: { a: "b" }, finalizers: ["example.com/hold"] };

const admin = { name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };

/** The object as its bytes say: a caller in this process that took objects would get the very one that was handed on. */
async function asBytes(handler: ApiHandler): Promise<Pod> {
  const request = { method: "GET", url: "/api/v1/namespaces/default/pods/p", headers: {}, user: admin, remoteAddress: undefined, signal: new AbortController().signal };
  const { body } = await handler(request);
  if (body.type !== "bytes") throw new Error(`no bytes but ${body.type}`);
  return JSON.parse(Buffer.from(body.bytes).toString("utf8")) as Pod;
}

test("what a watch in this process shows of writes that hand their object on is what the bytes say", async (t) => {
  const server = await startTestServer();
  const end = new AbortController();
  try {
    const client = createInProcessClient(server.handler, admin, { clock: systemClock });
    await client.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "none", namespace: "default" } });
    await client.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "n" } });
    const made = await client.create<Pod>(pods, { apiVersion: "v1", kind: "Pod", metadata, spec });
    await client.patch(pods, key, "strategic", { status: { nominatedNodeName: "n", conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] } }, { subresource: "status" });
    const events = client.watch(pods, { namespace: "default", resourceVersion: made.metadata.resourceVersion! }, end.signal)[Symbol.asyncIterator]();
    const seen: { type: string; object: Pod }[] = [];
    const next = async () => {
      while (seen.length === 0) seen.push(...((await events.next()).value as { type: string; object: Pod }[]));
      return seen.shift()!;
    };
    await next();
    const writes = [
      () => client.createSubresource(pods, key, "binding", { apiVersion: "v1", kind: "Binding", metadata: { ...key, annotations: { "berth.dev/gpu-devices": "0" }, labels: {} }, target: { kind: "Node", name: "n" } }),
      () => client.delete(pods, key, { gracePeriodSeconds: 30, disruption: { reason: "PreemptionByScheduler", message: "more important" } }),
      () => client.delete(pods, key, { gracePeriodSeconds: 0, propagationPolicy: "Foreground" }),
    ];
    for (const write of writes) {
      await write();
      const { object } = await next();
      t.deepEqual(object, await asBytes(server.handler));
      t.true(Object.isFrozen(object) && Object.isFrozen(object.metadata) && Object.isFrozen(object.spec?.containers));
    }
    const last = await asBytes(server.handler);
    await client.patch(pods, key, "merge", { metadata: { finalizers: null } });
    const { type, object } = await next();
    t.is(type, "DELETED");
    t.like(object, { metadata: { uid: last.metadata.uid!, deletionTimestamp: last.metadata.deletionTimestamp! } });
    t.true(Number(object.metadata.resourceVersion) > Number(last.metadata.resourceVersion));
  } finally {
    end.abort();
    await server.stop();
  }
});
