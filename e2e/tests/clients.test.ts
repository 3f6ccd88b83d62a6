import {
  ApiException,
  ApiextensionsV1Api,
  AppsV1Api,
  AuthenticationV1Api,
  AuthorizationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Lease,
  V1MicroTime,
  Watch,
} from "@kubernetes/client-node";
import test, { type ExecutionContext } from "ava";
import { systemClock } from "../../lib/clock.ts";
import { LoopbackServer } from "../harness/loopback-server.ts";
import { until } from "../harness/objects.ts";

/** A server with its controllers on loopback, and a program on @kubernetes/client-node, typed and dynamic, that outlives the server's sudden end. */
const server = new LoopbackServer();
const namespace = "default";
const config = new KubeConfig();
let core: CoreV1Api;
let objects: KubernetesObjectApi;

test.before(async () => {
  await server.start();
  config.loadFromFile(server.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
  objects = KubernetesObjectApi.makeApiClient(config);
});

test.after.always(() => server.stop());

async function refused(t: ExecutionContext, call: () => Promise<unknown>): Promise<{ code: number; reason: string; message: string }> {
  const error = await t.throwsAsync(call, { instanceOf: ApiException });
  const body = (error as ApiException<unknown> | undefined)?.body;
  const status = typeof body === "string" ? JSON.parse(body) : body;
  t.is(status.kind, "Status");
  t.is(status.code, (error as ApiException<unknown>).code);
  return status;
}

const as = (type: PatchStrategy) => setHeaderOptions("Content-Type", type);
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "x" }] } };
const selector = { matchLabels: { a: "b" } };
const capacity = { storage: "1Gi" };
const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];

/** One object of each kind that programs keep; scoped to a namespace unless it says "cluster". */
const kinds: readonly (KubernetesObject & Record<string, unknown> & { cluster?: true })[] = [
  { apiVersion: "v1", kind: "Namespace", cluster: true },
  { apiVersion: "v1", kind: "ConfigMap", data: { k: "v" } },
  { apiVersion: "v1", kind: "Secret", stringData: { k: "v" } },
  { apiVersion: "v1", kind: "Service", spec: { selector: { a: "b" }, ports: [{ port: 80 }] } },
  { apiVersion: "v1", kind: "ServiceAccount" },
  { apiVersion: "v1", kind: "Pod", spec: { nodeSelector: { no: "where" }, containers: [{ name: "c", image: "x" }] } },
  { apiVersion: "v1", kind: "PodTemplate", template },
  { apiVersion: "v1", kind: "ReplicationController", spec: { replicas: 0, selector: { a: "b" }, template } },
  { apiVersion: "v1", kind: "LimitRange", spec: { limits: [{ type: "Container", max: { memory: "64Gi" } }] } },
  { apiVersion: "v1", kind: "ResourceQuota", spec: { hard: { pods: "1000" } } },
  { apiVersion: "v1", kind: "PersistentVolumeClaim", spec: { accessModes: ["ReadWriteOnce"], storageClassName: "", resources: { requests: capacity } } },
  { apiVersion: "v1", kind: "PersistentVolume", cluster: true, spec: { capacity, accessModes: ["ReadWriteOnce"], hostPath: { path: "/none" } } },
  { apiVersion: "v1", kind: "Node", cluster: true },
  { apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: 0, selector, template } },
  { apiVersion: "apps/v1", kind: "ReplicaSet", spec: { replicas: 0, selector, template } },
  { apiVersion: "apps/v1", kind: "StatefulSet", spec: { replicas: 0, serviceName: "s", selector, template } },
  { apiVersion: "apps/v1", kind: "DaemonSet", spec: { selector, template: { ...template, spec: { ...template.spec, nodeSelector: { no: "where" } } } } },
  { apiVersion: "batch/v1", kind: "Job", spec: { suspend: true, template: { spec: { ...template.spec, restartPolicy: "Never" } } } },
  { apiVersion: "batch/v1", kind: "CronJob", spec: { suspend: true, schedule: "0 0 1 1 *", jobTemplate: { spec: { template: { spec: { ...template.spec, restartPolicy: "Never" } } } } } },
  { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "none" } } },
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget", spec: { minAvailable: "50%", selector } },
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress", spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } } },
  { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", spec: { podSelector: {} } },
  { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [] },
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", rules },
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", cluster: true, rules },
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" }, subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "ann" }] },
  { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", cluster: true, provisioner: "example.com/none" },
  { apiVersion: "storage.k8s.io/v1", kind: "CSIDriver", cluster: true, spec: { attachRequired: false } },
  { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", cluster: true, value: 7 },
  { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", cluster: true, handler: "h" },
  { apiVersion: "coordination.k8s.io/v1", kind: "Lease", spec: { leaseDurationSeconds: 15 } },
];

/** Every verb on one object, by the client that learns paths from discovery. */
async function wholeRoad(t: ExecutionContext, { cluster, ...object }: (typeof kinds)[number]): Promise<void> {
  const name = `road-${object.kind?.toLowerCase()}`;
  const { apiVersion = "", kind = "" } = object;
  const header = { apiVersion, kind, metadata: { name, ...(cluster ? {} : { namespace }) } };
  const labelled = (labels: Record<string, string | null>): KubernetesObject => ({ ...header, metadata: { ...header.metadata, labels: labels as Record<string, string> } });
  const labels = async () => (await objects.read(header)).metadata?.labels ?? {};
  const created = await objects.create<KubernetesObject>({ ...object, ...header });
  t.truthy(created.metadata?.uid);
  t.true(created.metadata?.creationTimestamp instanceof Date);
  const list = await objects.list(apiVersion, kind, cluster ? undefined : namespace, undefined, undefined, undefined, `metadata.name=${name}`);
  t.deepEqual(list.items.map((item) => item.metadata?.uid), [created.metadata?.uid]);
  const before = await objects.read<KubernetesObject>(header);
  // A controller may write its status between the two: then the replace is refused, and is tried again.
  const replaced = await until("replaced", async () => {
    const now = await objects.read<KubernetesObject>(header);
    return objects.replace<KubernetesObject>({ ...now, metadata: { ...now.metadata, labels: { ...now.metadata?.labels, put: "1" } } });
  }, () => true);
  t.is(replaced.metadata?.uid, created.metadata?.uid);
  t.is((await refused(t, () => objects.replace({ ...before, metadata: { ...before.metadata, labels: { late: "1" } } }))).code, 409);
  await objects.patch(labelled({ merge: "1" }), undefined, undefined, "merger", undefined, PatchStrategy.MergePatch);
  await objects.patch(labelled({ strategic: "1", merge: null }), undefined, undefined, "strategist", undefined, PatchStrategy.StrategicMergePatch);
  await objects.patch(labelled({ applied: "1" }), undefined, undefined, "applier", undefined, PatchStrategy.ServerSideApply);
  t.like(await labels(), { put: "1", strategic: "1", applied: "1" });
  t.is((await labels()).merge, undefined);
  const conflict = await refused(t, () => objects.patch(labelled({ applied: "2" }), undefined, undefined, "other", undefined, PatchStrategy.ServerSideApply));
  t.is(conflict.code, 409);
  t.regex(conflict.message, /conflict with "applier".*\.metadata\.labels\.applied/);
  await objects.patch(labelled({ applied: "2" }), undefined, undefined, "other", true, PatchStrategy.ServerSideApply);
  const dropped = await objects.patch(labelled({}), undefined, undefined, "other", undefined, PatchStrategy.ServerSideApply);
  t.is(dropped.metadata?.labels?.applied, undefined);
  await objects.delete(header, undefined, undefined, 0);
  await until(`${name} is gone`, () => objects.read(header).then(() => "there", (error: ApiException<unknown>) => error.code), (state) => state === 404);
}

for (const object of kinds) test.serial(`dynamic client: ${object.apiVersion} ${object.kind} is created, read, listed, replaced, patched, applied and deleted`, (t) => wholeRoad(t, object));

test.serial("typed client: patches of each type, dry run, pages, subresources, and refusals with their Status", async (t) => {
  const apps = config.makeApiClient(AppsV1Api);
  const name = "typed";
  await apps.createNamespacedDeployment({ namespace, body: { metadata: { name, labels: { app: name } }, spec: { replicas: 0, selector, template } } });
  const patched = await apps.patchNamespacedDeployment({ namespace, name, body: [{ op: "test", path: "/spec/replicas", value: 0 }, { op: "add", path: "/metadata/labels/json", value: "1" }] }, as(PatchStrategy.JsonPatch));
  t.is(patched.metadata?.labels?.json, "1");
  const strategic = await apps.patchNamespacedDeployment({ namespace, name, body: { spec: { template: { spec: { containers: [{ name: "c", env: [{ name: "A", value: "1" }] }] } } } } }, as(PatchStrategy.StrategicMergePatch));
  t.like(strategic.spec?.template.spec?.containers[0], { image: "x", env: [{ name: "A", value: "1" }] });
  const merged = await apps.patchNamespacedDeployment({ namespace, name, body: { metadata: { labels: { json: null } } } }, as(PatchStrategy.MergePatch));
  t.deepEqual(merged.metadata?.labels, { app: name });
  const dry = await apps.patchNamespacedDeployment({ namespace, name, dryRun: "All", fieldManager: "typed", force: true, body: { apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: 9 } } }, as(PatchStrategy.ServerSideApply));
  t.is(dry.spec?.replicas, 9);
  t.is((await apps.readNamespacedDeployment({ namespace, name })).spec?.replicas, 0);
  const scale = await apps.readNamespacedDeploymentScale({ namespace, name });
  t.is(scale.status?.selector, "a=b");
  // Without a resourceVersion: the controller may write the status at any moment.
  t.is((await apps.replaceNamespacedDeploymentScale({ namespace, name, body: { ...scale, metadata: { name, namespace }, spec: { replicas: 0 } } })).spec?.replicas ?? 0, 0);

  for (let i = 0; i < 5; i++) await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: `page-${i}`, labels: { pages: "1" } } } });
  const names: string[] = [];
  let next: string | undefined;
  do {
    const page = await core.listNamespacedConfigMap({ namespace, labelSelector: "pages=1", limit: 2, ...(next === undefined ? {} : { _continue: next }) });
    t.true(page.items.length <= 2);
    names.push(...page.items.map((item) => item.metadata?.name ?? ""));
    next = page.metadata?._continue;
  } while (next);
  t.deepEqual(names, ["page-0", "page-1", "page-2", "page-3", "page-4"]);
  await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: "pages=1" });
  t.is((await core.listNamespacedConfigMap({ namespace, labelSelector: "pages=1" })).items.length, 0);

  t.like(await refused(t, () => core.readNamespacedPod({ namespace, name: "absent" })), { code: 404, reason: "NotFound", message: 'pods "absent" not found' });
  t.like(await refused(t, () => apps.createNamespacedDeployment({ namespace, body: { metadata: { name }, spec: { selector, template } } })), { code: 409, reason: "AlreadyExists" });
  t.like(await refused(t, () => apps.createNamespacedDeployment({ namespace, body: { metadata: { name: "wrong" }, spec: { selector: { matchLabels: { a: "c" } }, template } } })), { code: 422, reason: "Invalid" });
  t.like(await refused(t, () => apps.patchNamespacedDeployment({ namespace, name, body: [{ op: "test", path: "/spec/replicas", value: 3 }] }, as(PatchStrategy.JsonPatch))), { code: 422, reason: "Invalid" });
});

interface Seen {
  readonly verb: "add" | "update" | "delete";
  readonly name: string;
  readonly version: string;
}

test.serial("an informer over two kills of the server sees every acknowledged write once and in order", async (t) => {
  const labels = { informed: "1" };
  const seen: Seen[] = [];
  const written: string[] = [];
  let [lists, failures] = [0, 0];
  let over = false;
  let reconnect = Promise.withResolvers<void>();
  const informer = makeInformer<V1ConfigMap>(
    config,
    `/api/v1/namespaces/${namespace}/configmaps`,
    () => {
      lists++;
      return core.listNamespacedConfigMap({ namespace, labelSelector: "informed=1" });
    },
    "informed=1",
  );
  for (const verb of ["add", "update", "delete"] as const) informer.on(verb, ({ metadata }) => void seen.push({ verb, name: metadata?.name ?? "", version: metadata?.resourceVersion ?? "" }));
  informer.on("error", () => {
    failures++;
    if (!over) void reconnect.promise.then(() => systemClock.sleep(100)).then(() => informer.start());
  });
  t.teardown(() => {
    over = true;
    return informer.stop();
  });
  const note = (object: V1ConfigMap) => void written.push(object.metadata?.resourceVersion ?? "");
  const body = (name: string, value: string): V1ConfigMap => ({ metadata: { name, labels }, data: { value } });
  const write = async (name: string, value: string) => note(await core.replaceNamespacedConfigMap({ namespace, name, body: body(name, value) }));

  note(await core.createNamespacedConfigMap({ namespace, body: body("first", "0") }));
  await informer.start();
  note(await core.createNamespacedConfigMap({ namespace, body: body("second", "0") }));
  for (let round = 0; round < 2; round++) {
    reconnect = Promise.withResolvers<void>();
    const enough = Promise.withResolvers<void>();
    const writer = (async () => {
      for (let i = 0; ; i++) {
        await write(i % 2 === 0 ? "first" : "second", `${round}-${i}`);
        if (i === 10) enough.resolve();
      }
    })().catch(() => undefined);
    await enough.promise;
    await server.kill();
    await writer;
    await server.start();
    // Written while the informer is away.
    await write("second", `${round}-away`);
    note(await core.createNamespacedConfigMap({ namespace, body: body(`away-${round}`, "0") }));
    reconnect.resolve();
  }
  await core.deleteNamespacedConfigMap({ namespace, name: "away-0" });
  note(await core.createNamespacedConfigMap({ namespace, body: body("last", "0") }));
  await until("the last is seen", async () => seen, () => seen.some(({ name }) => name === "last"));

  const versions = seen.map(({ version }) => BigInt(version));
  t.true(versions.every((version, i) => i === 0 || version > (versions[i - 1] ?? 0n)), `in order and once: ${versions.join(" ")}`);
  t.deepEqual(written.filter((version) => !seen.some((event) => event.version === version)), []);
  t.deepEqual(seen.filter(({ verb }) => verb !== "update").map(({ verb, name }) => `${verb} ${name}`), ["add first", "add second", "add away-0", "add away-1", "delete away-0", "add last"]);
  t.is(lists, 1, "the history was still there: it never listed again");
  t.true(failures >= 1);
  t.deepEqual(informer.list().map(({ metadata }) => metadata?.name).sort(), ["away-1", "first", "last", "second"]);
});

test.serial("custom resources: defined, kept, refused, applied, scaled, watched and gone with their definition", async (t) => {
  const definitions = config.makeApiClient(ApiextensionsV1Api);
  const custom = config.makeApiClient(CustomObjectsApi);
  const [group, version, plural, name] = ["example.com", "v1", "ships", "one"];
  const of = { group, version, plural, namespace };
  const integer = { type: "integer", minimum: 0 };
  const schema = { type: "object", properties: { spec: { type: "object", required: ["crew"], properties: { crew: integer, port: { type: "string", _default: "home" } } }, status: { type: "object", properties: { crew: integer } } } };
  await definitions.createCustomResourceDefinition({
    body: { metadata: { name: `${plural}.${group}` }, spec: { group, scope: "Namespaced", names: { plural, kind: "Ship" }, versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: schema }, subresources: { status: {}, scale: { specReplicasPath: ".spec.crew", statusReplicasPath: ".status.crew" } } }] } },
  });
  await until("established", () => definitions.readCustomResourceDefinition({ name: `${plural}.${group}` }), (one) => one.status?.conditions?.some(({ type, status }) => type === "Established" && status === "True") ?? false);
  await until("served", () => custom.listNamespacedCustomObject(of), () => true);
  const events: string[] = [];
  const watching = await new Watch(config).watch(`/apis/${group}/${version}/namespaces/${namespace}/${plural}`, {}, (type, object) => void events.push(`${type} ${object.metadata.name}`), () => undefined);
  t.teardown(() => watching.abort());
  const ship = (spec: object) => ({ apiVersion: `${group}/${version}`, kind: "Ship", metadata: { name }, spec });
  t.like(await custom.createNamespacedCustomObject({ ...of, body: ship({ crew: 1, unknown: "pruned" }) }), { spec: { crew: 1, port: "home" } });
  t.like(await refused(t, () => custom.createNamespacedCustomObject({ ...of, body: { ...ship({ crew: -1 }), metadata: { name: "bad" } } })), { code: 422, reason: "Invalid" });
  t.like(await custom.patchNamespacedCustomObject({ ...of, name, body: { spec: { crew: 2 } } }, as(PatchStrategy.MergePatch)), { spec: { crew: 2, port: "home" } });
  t.like(await custom.patchNamespacedCustomObject({ ...of, name, body: [{ op: "replace", path: "/spec/port", value: "away" }] }, as(PatchStrategy.JsonPatch)), { spec: { crew: 2, port: "away" } });
  t.is((await refused(t, () => custom.patchNamespacedCustomObject({ ...of, name, body: { spec: { crew: 3 } } }, as(PatchStrategy.StrategicMergePatch)))).code, 415);
  t.like(await custom.patchNamespacedCustomObject({ ...of, name, fieldManager: "captain", force: true, body: ship({ crew: 4 }) }, as(PatchStrategy.ServerSideApply)), { spec: { crew: 4, port: "away" } });
  t.like(await custom.patchNamespacedCustomObjectStatus({ ...of, name, body: { spec: { crew: 9 }, status: { crew: 3 } } }, as(PatchStrategy.MergePatch)), { spec: { crew: 4 }, status: { crew: 3 } });
  t.like(await custom.getNamespacedCustomObjectScale({ ...of, name }), { kind: "Scale", spec: { replicas: 4 }, status: { replicas: 3 } });
  t.like(await objects.read({ apiVersion: `${group}/${version}`, kind: "Ship", metadata: { name, namespace } }), { spec: { crew: 4 } });
  await definitions.deleteCustomResourceDefinition({ name: `${plural}.${group}` });
  await until("the definition is gone", () => definitions.readCustomResourceDefinition({ name: `${plural}.${group}` }).then(() => "there", (error: ApiException<unknown>) => error.code), (state) => state === 404);
  await until("the watch ends with a deletion", async () => events, () => events.at(-1) === `DELETED ${name}`);
  t.deepEqual(events, [`ADDED ${name}`, ...Array(4).fill(`MODIFIED ${name}`), `DELETED ${name}`]);
});

test.serial("a Lease that candidates race for has one holder a term, also across a kill of the server", async (t) => {
  const leases = config.makeApiClient(CoordinationV1Api);
  const name = "leader";
  const candidates = ["ann", "bob", "cy"];
  const acquire = (body: V1Lease, holderIdentity: string): V1Lease => ({ ...body, spec: { ...body.spec, holderIdentity, renewTime: new V1MicroTime("2026-01-02T03:04:05.678901Z"), leaseTransitions: (body.spec?.leaseTransitions ?? 0) + 1 } });
  await leases.createNamespacedLease({ namespace, body: acquire({ metadata: { name }, spec: { leaseDurationSeconds: 15 } }, "nobody") });
  for (let term = 2; term <= 7; term++) {
    if (term === 5) {
      await server.kill();
      await server.start();
    }
    const held = await leases.readNamespacedLease({ namespace, name });
    const results = await Promise.all(candidates.map((who) => leases.replaceNamespacedLease({ namespace, name, body: acquire(held, who) }).then(({ spec }) => spec?.holderIdentity, (error: ApiException<unknown>) => error.code)));
    const winners = results.filter((result) => typeof result === "string");
    t.is(winners.length, 1, JSON.stringify(results));
    t.is(results.filter((result) => result === 409).length, candidates.length - 1);
    const now = await leases.readNamespacedLease({ namespace, name });
    t.like(now.spec, { holderIdentity: winners[0], leaseTransitions: term, leaseDurationSeconds: 15 });
    t.is(JSON.parse(JSON.stringify(now.spec?.renewTime)).slice(0, 23), "2026-01-02T03:04:05.678");
  }
});

test.serial("reviews: who may do what, whose token this is, and who am I", async (t) => {
  const authorization = config.makeApiClient(AuthorizationV1Api);
  const authentication = config.makeApiClient(AuthenticationV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const name = "reader";
  const apiGroup = "rbac.authorization.k8s.io";
  const user = `system:serviceaccount:${namespace}:${name}`;
  const asked = { namespace, verb: "get", resource: "pods" };
  const may = async (resourceAttributes: object) => (await authorization.createSubjectAccessReview({ body: { spec: { user, resourceAttributes } } })).status;
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  t.is((await may(asked))?.allowed, false);
  await rbac.createNamespacedRole({ namespace, body: { metadata: { name }, rules } });
  await rbac.createNamespacedRoleBinding({ namespace, body: { metadata: { name }, roleRef: { apiGroup, kind: "Role", name }, subjects: [{ kind: "ServiceAccount", name, namespace }] } });
  t.regex((await until("allowed", () => may(asked), (status) => status?.allowed === true))?.reason ?? "", /RBAC: allowed by RoleBinding "reader\/default"/);
  t.is((await may({ ...asked, verb: "delete" }))?.allowed, false);
  t.is((await may({ ...asked, namespace: "kube-system" }))?.allowed, false);
  t.true((await authorization.createNamespacedLocalSubjectAccessReview({ namespace, body: { metadata: { namespace }, spec: { user, resourceAttributes: asked } } })).status?.allowed);
  t.true((await authorization.createSelfSubjectAccessReview({ body: { spec: { nonResourceAttributes: { path: "/metrics", verb: "get" } } } })).status?.allowed);

  const { status } = await core.createNamespacedServiceAccountToken({ namespace, name, body: { spec: { audiences: [], expirationSeconds: 600 } } });
  const token = status?.token ?? "";
  t.true(status?.expirationTimestamp instanceof Date);
  t.like((await authentication.createTokenReview({ body: { spec: { token } } })).status, { authenticated: true, user: { username: user } });
  t.not((await authentication.createTokenReview({ body: { spec: { token: `${token}x` } } })).status?.authenticated, true);
  const own = new KubeConfig();
  own.loadFromClusterAndUser(config.getCurrentCluster()!, { name, token });
  t.is((await own.makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body: {} })).status?.userInfo?.username, user);
  const mine = await own.makeApiClient(AuthorizationV1Api).createSelfSubjectRulesReview({ body: { spec: { namespace } } });
  t.true(mine.status?.resourceRules.some(({ verbs, resources }) => verbs.includes("get") && resources?.includes("pods")));
  t.like(await refused(t, () => own.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace })), { code: 403, reason: "Forbidden", message: `secrets is forbidden: User "${user}" cannot list resource "secrets" in API group "" in the namespace "default"` });
  t.is((await own.makeApiClient(CoreV1Api).listNamespacedPod({ namespace }).then(() => 200, (error: ApiException<unknown>) => error.code)), 403);
});
