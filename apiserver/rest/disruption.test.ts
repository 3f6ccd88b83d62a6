import test from "ava";
import { clusterrolebindings, clusterroles, pods, serviceaccounts } from "../../api/resources.ts";
import type { Pod } from "../../api/wire.ts";
import { ApiError, type Client } from "../../client/client.ts";
import { createInProcessClient } from "../../client/in-process/client.ts";
import { systemClock } from "../../lib/clock.ts";
import { startTestServer } from "../testing/test-server.ts";

const DISRUPTION = { reason: "PreemptionByScheduler", message: "for one that matters more" };

async function withClients(body: (as: (name: string, ...groups: string[]) => Client, admin: Client) => Promise<void>): Promise<void> {
  const server = await startTestServer();
  try {
    const as = (name: string, ...groups: string[]) => createInProcessClient(server.handler, { name, groups: ["system:authenticated", ...groups] }, { clock: systemClock });
    const admin = as("kubernetes-admin", "system:masters");
    await admin.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "none", namespace: "default" } });
    await body(as, admin);
  } finally {
    await server.stop();
  }
}

async function addPod(admin: Client, name: string): Promise<Pod> {
  const spec = { containers: [{ name: "c", image: "i" }], nodeName: "n", serviceAccountName: "none", automountServiceAccountToken: false };
  return admin.create<Pod>(pods, { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default" }, spec });
}

test("a pod's deletion and why it must go are one write", async (t) => {
  await withClients(async (as, admin) => {
    const made = await addPod(admin, "p");
    const going = (await as("system:kube-scheduler").delete(pods, { namespace: "default", name: "p" }, { disruption: DISRUPTION, preconditions: { uid: made.metadata.uid! } })) as Pod;
    const [condition, ...others] = (going.status?.conditions ?? []).filter(({ type }) => type === "DisruptionTarget");
    t.like(condition, { status: "True", ...DISRUPTION });
    t.deepEqual(others, []);
    t.truthy(going.metadata.deletionTimestamp);
    t.is(Number(going.metadata.resourceVersion), Number(made.metadata.resourceVersion) + 1);
    const again = (await admin.delete(pods, { namespace: "default", name: "p" }, { gracePeriodSeconds: 5, disruption: { reason: "Other", message: "" } })) as Pod;
    t.is(again.status?.conditions?.find(({ type }) => type === "DisruptionTarget")?.reason, DISRUPTION.reason, "it is going already: the first word stands");
  });
});

test("whoever may delete pods but not patch their status may not write the condition so", async (t) => {
  await withClients(async (as, admin) => {
    await addPod(admin, "p");
    await admin.create(clusterroles, { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "deleter" }, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["delete"] }] });
    await admin.create(clusterrolebindings, { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: { name: "deleter" }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "deleter" }, subjects: [{ kind: "User", name: "bob", apiGroup: "rbac.authorization.k8s.io" }] });
    const bob = as("bob");
    const refused = await t.throwsAsync(bob.delete(pods, { namespace: "default", name: "p" }, { disruption: DISRUPTION }), { instanceOf: ApiError });
    t.is(refused?.status.code, 403);
    const malformed = await t.throwsAsync(admin.delete(pods, { namespace: "default", name: "p" }, { disruption: { reason: "no reason", message: "" } }), { instanceOf: ApiError });
    t.is(malformed?.status.code, 400);
    t.is((await admin.get(pods, { namespace: "default", name: "p" })).metadata.deletionTimestamp, undefined);
    await t.notThrowsAsync(bob.delete(pods, { namespace: "default", name: "p" }));
  });
});
