import test from "ava";
import { TestClient } from "../../testing/test-client.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

let server: TestServer;
let client: TestClient;
let count = 0;

test.before(async () => {
  server = await startTestServer({ allowPrivileged: true });
  client = new TestClient(server);
});
test.after.always(async () => {
  client?.close();
  await server?.stop();
});

async function namespace(labels: Record<string, string> = {}): Promise<string> {
  const name = `ps-${count++}`;
  await client.post("/api/v1/namespaces", { metadata: { name, labels: Object.fromEntries(Object.entries(labels).map(([mode, level]) => [`pod-security.kubernetes.io/${mode}`, level])) } });
  await client.post(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: "default" } });
  return `/api/v1/namespaces/${name}`;
}

const HARDENED = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
const pod = (spec: object = {}, context: object = {}) => ({ metadata: { name: "p" }, spec: { automountServiceAccountToken: false, containers: [{ name: "c", image: "i", securityContext: context }], ...spec } });
const restricted = (spec: object = {}) => pod({ securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } }, ...spec }, HARDENED);

test("each rule of Baseline refuses, and says what is wrong", async (t) => {
  const path = await namespace({ enforce: "baseline" });
  const refused: [object, string][] = [
    [pod({ hostPID: true, hostIPC: true }), "host namespaces (hostPID=true, hostIPC=true)"],
    [pod({ volumes: [{ name: "h", hostPath: { path: "/" } }] }), 'hostPath volumes (volume "h")'],
    [pod({ containers: [{ name: "c", image: "i", ports: [{ containerPort: 80, hostPort: 80 }] }] }), 'hostPort (container "c" uses hostPort 80)'],
    [pod({}, { privileged: true }), 'privileged (container "c" must not set securityContext.privileged=true)'],
    [pod({}, { capabilities: { add: ["SYS_TIME", "NET_ADMIN"] } }), 'non-default capabilities (container "c" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)'],
    [pod({ securityContext: { seccompProfile: { type: "Unconfined" } } }), 'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")'],
    [pod({ securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } }), "forbidden sysctls (kernel.msgmax)"],
    [pod({}, { seLinuxOptions: { type: "x", user: "u" } }), 'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "x"; user may not be set)'],
    [pod({}, { appArmorProfile: { type: "Unconfined" } }), 'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")'],
    [pod({ containers: [{ name: "c", image: "i", livenessProbe: { httpGet: { port: 80, host: "169.254.169.254" } } }] }), 'probe or lifecycle host (container "c" uses probe or lifecycle host "169.254.169.254")'],
  ];
  for (const [object, text] of refused) {
    const { status, body } = await client.post(`${path}/pods?dryRun=All`, object);
    t.is(status, 403, text);
    t.is(body.message, `pods "p" is forbidden: violates PodSecurity "baseline:latest": ${text}`);
  }
  t.is((await client.post(`${path}/pods?dryRun=All`, pod())).status, 201);
});

test("Restricted asks for more, and Baseline's rules hold with it", async (t) => {
  const path = await namespace({ enforce: "restricted" });
  const message = async (object: object) => (await client.post(`${path}/pods?dryRun=All`, object)).body.message as string;
  t.is((await client.post(`${path}/pods?dryRun=All`, restricted())).status, 201);
  t.is(
    await message(pod({ hostNetwork: true })),
    'pods "p" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true), allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  );
  t.regex(await message(restricted({ volumes: [{ name: "n", nfs: { server: "s", path: "/" } }, { name: "h", hostPath: { path: "/" } }] })), /: restricted volume types \(volumes "n", "h" use restricted volume types "hostPath", "nfs"\)$/);
  t.regex(await message(restricted({ securityContext: { runAsNonRoot: true, runAsUser: 0, seccompProfile: { type: "RuntimeDefault" } } })), /runAsUser=0 \(pod must not set runAsUser=0\)$/);
});

test("a stricter namespace refuses what comes by ephemeral container and by image, leaves the rest of a pod alone, and warns of what is there", async (t) => {
  const path = await namespace();
  t.is((await client.post(`${path}/pods`, pod({}, { privileged: true }))).status, 201);
  const patched = await client.patch(path, { metadata: { labels: { "pod-security.kubernetes.io/enforce": "baseline" } } });
  const name = path.split("/").at(-1);
  t.deepEqual(String(patched.headers["warning"]), `299 - "existing pods in namespace \\"${name}\\" violate the new PodSecurity enforce level \\"baseline:latest\\"", 299 - "p: privileged"`);
  t.is((await client.patch(`${path}/pods/p`, { metadata: { labels: { a: "b" } } })).status, 200);
  t.is((await client.patch(`${path}/pods/p`, { spec: { containers: [{ name: "c", image: "other" }] } }, "application/strategic-merge-patch+json")).status, 403);
  await client.post(`${path}/pods`, { ...pod(), metadata: { name: "q" } });
  const ephemeral = { spec: { ephemeralContainers: [{ name: "debug", image: "i", securityContext: { privileged: true } }] } };
  t.regex((await client.patch(`${path}/pods/q/ephemeralcontainers`, ephemeral, "application/strategic-merge-patch+json")).body.message, /privileged \(container "debug" must not set/);
});

test("warn tells in a header, of templates too; nothing is refused", async (t) => {
  const path = await namespace({ warn: "baseline" });
  const created = await client.post(`${path}/pods`, pod({ hostPID: true }));
  t.is(created.status, 201);
  t.is(created.headers["warning"], '299 - "would violate PodSecurity \\"baseline:latest\\": host namespaces (hostPID=true)"');
  const deployment = await client.post(`${path.replace("/api/v1", "/apis/apps/v1")}/deployments`, { metadata: { name: "d" }, spec: { selector: { matchLabels: { a: "b" } }, template: { metadata: { labels: { a: "b" } }, spec: pod({ hostPID: true }).spec } } });
  t.is(deployment.status, 201);
  t.regex(String(deployment.headers["warning"]), /would violate PodSecurity/);
});

test("labels that mean nothing are refused", async (t) => {
  const path = await namespace();
  const { status, body } = await client.patch(path, { metadata: { labels: { "pod-security.kubernetes.io/enforce": "strict", "pod-security.kubernetes.io/warn-version": "2" } } });
  t.is(status, 422);
  t.deepEqual(body.details.causes.map((cause: { field: string }) => cause.field), ["metadata.labels[pod-security.kubernetes.io/enforce]", "metadata.labels[pod-security.kubernetes.io/warn-version]"]);
});
