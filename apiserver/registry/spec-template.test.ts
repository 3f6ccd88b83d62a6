import test from "ava";
import fc from "fast-check";
import { kinds } from "../../api/kinds/index.ts";
import type { KindEntry } from "../../api/kinds/kind.ts";
import { TestClient, type TestResponse } from "../testing/test-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { SpecTemplates } from "./spec-template.ts";

const PODS = "/api/v1/namespaces/default/pods";
/** A body that does not name its kind is read another way. */
const POD = { apiVersion: "v1", kind: "Pod" };

const servers: TestServer[] = [];
const clients: TestClient[] = [];

test.before(async () => {
  for (let i = 0; i < 2; i++) {
    const server = await startTestServer();
    servers.push(server);
    const client = new TestClient(server);
    clients.push(client);
    await client.post("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
  }
});

test.after.always(async () => {
  for (const client of clients) client.close();
  for (const server of servers) await server.stop();
});

const often = <T>(plain: T, ...odd: T[]) => fc.oneof({ weight: 60, arbitrary: fc.constant(plain) }, ...odd.map((value) => ({ weight: 1, arbitrary: fc.constant(value) })));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const env = fc.array(fc.record({ name: often("A", "B", "1 bad", ""), value: often("v", "<&>\u2028", "é😀", '"\\\n') }), { maxLength: 3 });
const ports = fc.array(fc.record({ name: often<string | undefined>(undefined, "http", "UPPER"), containerPort: often(80, 0, 70_000), hostPort: maybe(fc.constant(80)), protocol: maybe(often("UDP", "SCTP", "none")) }), { maxLength: 3 });
const resources = fc.record({ requests: maybe(fc.record({ cpu: often("100m", "0.1", "-1"), memory: often("1Mi", "100m", "1.5") })), limits: maybe(fc.record({ memory: often("2Mi", "1Ki") })) });
const mounts = fc.array(fc.record({ name: often("kube-api-access-bcdfg", "none"), mountPath: often("/data", "", "/var/run/secrets/kubernetes.io/serviceaccount") }), { maxLength: 1 });
const container = fc.record({
  name: fc.oneof(often("main", "Bad_", ""), often("side")),
  image: often("example.com/web:1", "web", " web"),
  env: maybe(env),
  ports: maybe(ports),
  resources: maybe(resources),
  volumeMounts: maybe(mounts),
  args: maybe(fc.array(fc.string({ unit: "binary", maxLength: 4 }), { maxLength: 2 })),
  readinessProbe: maybe(fc.record({ httpGet: fc.record({ port: often<string | number>("http", 80, 0, "UPPER_") }), periodSeconds: often(5, -1, 0) })),
  securityContext: maybe(fc.record({ privileged: maybe(fc.boolean()), seccompProfile: maybe(fc.constant({ type: "RuntimeDefault" })) })),
});
const volume = fc.oneof(
  { weight: 4, arbitrary: fc.constant<object>({ name: "data", configMap: { name: "x" } }) },
  fc.constant({ name: "data" }),
  { weight: 4, arbitrary: fc.constant<object>({ name: "kube-api-access-bcdfg", emptyDir: {} }) },
  fc.constant({ name: "claim", persistentVolumeClaim: { claimName: "tested-data" } }),
  fc.constant({ name: "data", ephemeral: { volumeClaimTemplate: { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1.5" } } } } } }),
);
const spec = fc.record({
  containers: fc.uniqueArray(container, { minLength: 1, maxLength: 2, selector: ({ name }) => name }),
  initContainers: maybe(fc.array(container.map((one) => ({ ...one, name: `${one.name}-init`, readinessProbe: undefined })), { maxLength: 1 })),
  volumes: maybe(fc.uniqueArray(volume, { maxLength: 3, selector: ({ name }: { name?: string }) => name ?? "" })),
  nodeSelector: maybe(fc.dictionary(often("disk", "beta.kubernetes.io/arch", "10", "9", "bad key"), often("ssd", "-"))),
  tolerations: maybe(fc.array(fc.record({ key: often("a", ""), operator: often("Exists", "Equal", "no"), effect: maybe(often("NoExecute", "NoSchedule")) }), { maxLength: 2 })),
  activeDeadlineSeconds: maybe(often(10, 0, 2 ** 40)),
  terminationGracePeriodSeconds: maybe(often(30, -1, 0)),
  restartPolicy: maybe(often("Always", "Never", "Sometimes")),
  hostNetwork: maybe(fc.boolean()),
  serviceAccountName: maybe(often("default", "none")),
  automountServiceAccountToken: maybe(fc.boolean()),
  schedulingGates: maybe(fc.constant([{ name: "example.com/gate" }])),
  securityContext: maybe(fc.record({ runAsUser: maybe(often(1, -1)), seccompProfile: maybe(fc.constant({ type: "Unconfined" })) })),
  topologySpreadConstraints: maybe(fc.constant([{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: {}, matchLabelKeys: ["app"] }])),
  unknownField: maybe(fc.constant(1)),
});
const annotations = fc.dictionary(
  often("example.com/a", "container.apparmor.security.beta.kubernetes.io/main", "seccomp.security.alpha.kubernetes.io/pod", "container.seccomp.security.alpha.kubernetes.io/main", "scheduler.alpha.kubernetes.io/critical-pod", "kubernetes.io/config.mirror", "controller.kubernetes.io/pod-deletion-cost", "Bad Key"),
  often("x", "runtime/default", "localhost/p", "unconfined", "1"),
);
const metadata = fc.record({ labels: maybe(fc.dictionary(often("app", "bad key"), often("web", "bad value!", "two"))), annotations: maybe(annotations), finalizers: maybe(fc.constant(["example.com/hold"])), generateName: maybe(fc.constant("made-")) });
const pod = fc.record({ metadata, spec });

/** What of an answer does not depend on when it was given, and by which server. */
function told({ status, headers, text }: TestResponse): unknown {
  const plain = text
    .replaceAll(/"uid":"[^"]*"/g, '"uid":""')
    .replaceAll(/"resourceVersion":"\d+"/g, '"resourceVersion":""')
    .replaceAll(/kube-api-access-(?!bcdfg)[a-z0-9]{5}/g, "kube-api-access-")
    .replaceAll(/"(creationTimestamp|time|lastTransitionTime|lastProbeTime)":"[^"]*"/g, '"$1":""');
  return { status, warning: headers.warning, plain };
}

/** Bodies as they go over the wire: fast-check's objects have no prototype. */
const copyOf = (given: object) => JSON.parse(JSON.stringify({ ...POD, ...given })) as { metadata: Record<string, unknown> };

test.serial("a pod whose spec was seen before is answered as one whose spec is new", async (t) => {
  const [knowing, plain] = clients as [TestClient, TestClient];
  let accepted = 0;
  let next = 0;
  await fc.assert(
    fc.asyncProperty(pod, metadata, async (given, other) => {
      const tested = copyOf(given);
      // Twice: at the first a text is only noted.
      const first = copyOf({ ...given, metadata: { labels: { app: "first" }, ...(next % 2 === 0 ? {} : other) } });
      const second = copyOf({ ...first });
      const name = next % 3 === 0 ? "tested" : next % 3 === 1 ? `tested.${next}` : `t${next}`;
      first.metadata.name = `f${next}`;
      second.metadata.name = `s${next++}`;
      tested.metadata.name = name;
      delete tested.metadata.generateName;
      for (const warm of [first, second]) {
        delete warm.metadata.generateName;
        await knowing.post(PODS, warm);
      }
      const answers = [];
      for (const client of [knowing, plain]) {
        const answer = await client.post(PODS, tested);
        answers.push(answer);
        if (answer.status !== 201) continue;
        // What is stored is what was answered.
        t.is((await client.get(`${PODS}/${name}`)).text, answer.text);
        await client.patch(`${PODS}/${name}`, { metadata: { finalizers: null } });
        await client.call("DELETE", `${PODS}/${name}`, { body: { gracePeriodSeconds: 0 } });
      }
      if (answers[0]?.status === 201) accepted++;
      t.deepEqual(told(answers[0]!), told(answers[1]!));
    }),
    { numRuns: 80 },
  );
  t.true(accepted > 10, `${accepted} were accepted`);
});

test.serial("pods of one template get a name for their token's volume each", async (t) => {
  const [client] = clients as [TestClient];
  const texts: string[] = [];
  for (const name of ["x1", "x2", "x3", "x4", "x5"]) {
    const { body, text } = await client.post(PODS, { ...POD, metadata: { name }, spec: { containers: [{ name: "a", image: "i" }, { name: "b", image: "i" }] } });
    const volume = body.spec.volumes[0].name as string;
    t.regex(volume, /^kube-api-access-[a-z0-9]{5}$/);
    t.deepEqual(body.spec.containers.map((one: { volumeMounts: { name: string }[] }) => one.volumeMounts[0]?.name), [volume, volume]);
    texts.push(volume);
    t.is(text.split(volume).length, 4);
  }
  t.is(new Set(texts).size, 5);
});


test.serial("what admission goes by is seen by pods of a template that is known", async (t) => {
  const [client] = clients as [TestClient];
  let made = 0;
  const create = async () => {
    const { body, status } = await client.post(PODS, { ...POD, metadata: { generateName: "g-" }, spec: { containers: [{ name: "a", image: "seen" }] } });
    t.is(status, 201);
    made++;
    return body;
  };
  for (let i = 0; i < 4; i++) t.is((await create()).spec.imagePullSecrets, undefined);
  await client.patch("/api/v1/namespaces/default/serviceaccounts/default", { imagePullSecrets: [{ name: "pull" }] });
  for (let i = 0; i < 3; i++) t.deepEqual((await create()).spec.imagePullSecrets, [{ name: "pull" }]);
  await client.patch("/api/v1/namespaces/default/serviceaccounts/default", { automountServiceAccountToken: false });
  for (let i = 0; i < 3; i++) t.is((await create()).spec.volumes, undefined);
  await client.post("/apis/scheduling.k8s.io/v1/priorityclasses", { metadata: { name: "usual" }, value: 7, globalDefault: true });
  for (let i = 0; i < 3; i++) t.like((await create()).spec, { priority: 7, priorityClassName: "usual" });
  await client.post("/api/v1/namespaces/default/limitranges", { metadata: { name: "l" }, spec: { limits: [{ type: "Container", defaultRequest: { cpu: "10m" } }] } });
  for (let i = 0; i < 3; i++) {
    const pod = await create();
    t.is(pod.spec.containers[0].resources.requests.cpu, "10m");
    t.is(pod.status.qosClass, "Burstable");
    t.truthy(pod.metadata.annotations["kubernetes.io/limit-ranger"]);
  }
  t.is(made, 16);
});

test.serial("pods of one template in several namespaces have each what is theirs", async (t) => {
  const [client] = clients as [TestClient];
  for (const namespace of ["one", "two"]) {
    await client.post("/api/v1/namespaces", { metadata: { name: namespace } });
    await client.post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: "default" }, imagePullSecrets: [{ name: namespace }] });
  }
  for (let i = 0; i < 4; i++) {
    for (const namespace of ["one", "two"]) {
      const { body } = await client.post(`/api/v1/namespaces/${namespace}/pods`, { ...POD, metadata: { name: `p${i}` }, spec: { containers: [{ name: "a", image: "i" }] } });
      t.deepEqual(body.spec.imagePullSecrets, [{ name: namespace }]);
    }
  }
});

test("the third pod of a template and those after it are not judged again, whatever plugins there are", async (t) => {
  let judged = 0;
  const counting = kinds.map((kind): KindEntry => {
    const { validate } = kind.strategy;
    if (kind.kind !== "Pod" || validate === undefined) return kind;
    const counted: typeof validate = (object, context) => {
      judged++;
      return validate(object, context);
    };
    return { ...kind, strategy: { ...kind.strategy, validate: counted } };
  });
  const server = await startTestServer({ kinds: counting });
  const client = new TestClient(server);
  try {
    await client.post("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    for (let i = 0; i < 5; i++) t.is((await client.post(PODS, { ...POD, metadata: { name: `p${i}` }, spec: { containers: [{ name: "a", image: "i" }] } })).status, 201);
    t.is(judged, 2);
  } finally {
    client.close();
    await server.stop();
  }
});

test("what is remembered is bounded, and what is used stays", (t) => {
  const templates = new SpecTemplates();
  templates.keep("kept", null);
  templates.keep("dropped", null);
  for (let i = 0; i < 6000; i++) {
    templates.keep(`${"x".repeat(100)}${i}`, null);
    if (i % 100 === 0) t.is(templates.find("kept"), null);
  }
  t.is(templates.find("dropped"), undefined);
});
