import { existsSync, readFileSync, readdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import anyTest, { type TestFn } from "ava";
import type { Pod } from "../api/wire.ts";
import { BERTH, startCluster, type TestCluster, type TestNode } from "../e2e/harness/cluster.ts";
import { BUSYBOX, importTestImages } from "../e2e/harness/images.ts";
import { applyText, getJson, pidsOfPod, until } from "../e2e/harness/objects.ts";
import { run } from "../e2e/harness/run.ts";
import { mountsBelow } from "../cli/daemon/leftovers.ts";

/** The agent with everything real: API server, runtime, containers, in network namespaces of its own. */
const test = anyTest as TestFn;
let cluster: TestCluster;
let node: TestNode;

test.before(async () => {
  cluster = await startCluster({ store: "embedded", nodes: 1 });
  await importTestImages(cluster);
  node = cluster.nodes[0] as TestNode;
});
test.after.always(async (t) => {
  if (cluster !== undefined) t.deepEqual(await cluster.stop(), []);
});

function podOf(name: string, container: object, spec: object = {}): object {
  return { apiVersion: "v1", kind: "Pod", metadata: { name, labels: { l: "v" } }, spec: { terminationGracePeriodSeconds: 1, ...spec, containers: [{ name: "c", image: BUSYBOX, ...container }] } };
}

/** statfs(2). */
const TMPFS_MAGIC = 0x01021994;
const sh = (script: string) => ["sh", "-c", script];
const FOREVER = sh("trap 'exit 0' TERM; while :; do sleep 0.1; done");
const look = (name: string) => () => getJson<Pod>(cluster, ["pod", name]);
const isReady = (pod: Pod) => pod.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
const exec = async (name: string, script: string) => (await cluster.kubectlOk(["exec", name, "--", ...sh(script)])).trimEnd();

/** The shell's own children come and go: one may be gone already. */
function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Runs a script to its end and gives what it printed. */
async function outputOf(name: string, script: string, container: object = {}, spec: object = {}): Promise<string> {
  await applyText(cluster, podOf(name, { command: sh(script), ...container }, { restartPolicy: "Never", ...spec }));
  const done = await until(`${name} ended`, look(name), (pod) => ["Succeeded", "Failed"].includes(pod.status?.phase ?? ""));
  const log = await cluster.kubectlOk(["logs", name]);
  if (done.status?.phase !== "Succeeded") throw new Error(`${name}: ${JSON.stringify(done.status?.containerStatuses)} ${log}`);
  return log;
}

test.serial("environment: the pod's own fields, services, files, expansion", async (t) => {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const env = [field("NAME", "metadata.name"), field("IP", "status.podIP"), field("HOST", "status.hostIP"), field("LABEL", "metadata.labels['l']"), { name: "MEM", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } }, { name: "BOTH", value: "$(NAME)-$(MEM)" }];
  const log = await outputOf("env", 'echo $NAME $HOST $LABEL $MEM $BOTH $KUBERNETES_SERVICE_PORT; [ "$IP" = "$(hostname -i)" ] && echo same', { env, resources: { limits: { memory: "32Mi" } } });
  t.is(log, `env ${node.address} v 32 env-32 443\nsame\n`);
});

test.serial("volumes: files, modes, memory, sub paths, tokens; secrets are never on a disk", async (t) => {
  await applyText(cluster, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "conf" }, data: { a: "one", b: "two" } });
  await applyText(cluster, { apiVersion: "v1", kind: "Secret", metadata: { name: "sec" }, stringData: { k: "hidden" } });
  const volumes = [
    { name: "conf", configMap: { name: "conf", defaultMode: 0o440 } },
    { name: "sec", secret: { secretName: "sec" } },
    { name: "mem", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    { name: "dir", emptyDir: {} },
    { name: "tok", projected: { sources: [{ serviceAccountToken: { path: "t", audience: "vault" } }] } },
  ];
  const volumeMounts = [
    { name: "conf", mountPath: "/conf" },
    { name: "conf", mountPath: "/one", subPath: "a" },
    { name: "sec", mountPath: "/sec" },
    { name: "mem", mountPath: "/mem" },
    { name: "dir", mountPath: "/dir", subPathExpr: "of-$(HOSTNAME)" },
    { name: "tok", mountPath: "/tok" },
  ];
  const env = [{ name: "HOSTNAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }];
  await applyText(cluster, podOf("vols", { command: FOREVER, volumeMounts, env }, { volumes }));
  const pod = await until("ready", look("vols"), isReady);
  t.is(await exec("vols", "cat /conf/b /one /sec/k; stat -Lc %a /conf/a"), "twoonehidden440");
  t.is(await exec("vols", "echo x > /conf/a 2>/dev/null || echo refused"), "refused");
  t.is(await exec("vols", "grep ' /mem ' /proc/mounts | cut -d' ' -f3; dd if=/dev/zero of=/mem/f bs=1M count=2 2>&1 | grep -c 'No space'"), "tmpfs\n1");
  const uid = pod.metadata.uid ?? "";
  await exec("vols", "echo through > /dir/f");
  t.is(readFileSync(join(node.dataDir, "agent", "pods", uid, "volumes", "kubernetes.io~empty-dir", "dir", "of-vols", "f"), "utf8"), "through\n");
  const claims = JSON.parse(Buffer.from((await exec("vols", "cat /tok/t")).split(".")[1] ?? "", "base64url").toString());
  t.deepEqual(claims.aud, ["vault"]);
  t.is(claims["kubernetes.io"].pod.uid, uid);
  const secretsFolder = join(node.dataDir, "agent", "secrets");
  t.is(statfsSync(secretsFolder).type, TMPFS_MAGIC);
  await cluster.kubectlOk(["patch", "configmap", "conf", "-p", '{"data":{"a":"ONE"}}']);
  await until("the new file", () => exec("vols", "cat /conf/a"), (text) => text === "ONE");
  t.is((await look("vols")()).status?.containerStatuses?.[0]?.restartCount, 0);
  await cluster.kubectlOk(["delete", "pod", "vols"]);
  t.false(existsSync(join(node.dataDir, "agent", "pods", uid)));
  t.deepEqual(mountsBelow(join(node.dataDir, "agent", "pods")), []);
});

test.serial("limits reach the kernel", async (t) => {
  const log = await outputOf("limits", "cat /proc/self/oom_score_adj; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max", {
    resources: { limits: { memory: "32Mi", cpu: "250m" }, requests: { cpu: "100m", memory: "16Mi" } },
  });
  const [score, memory, quota] = log.trim().split("\n");
  t.true(Number(score) > 2 && Number(score) < 1000, log);
  t.deepEqual([memory, quota], [String(32 * 1024 * 1024), "25000"]);
});

test.serial("limits change while the container runs, and by a restart where the policy asks for that", async (t) => {
  const resizePolicy = [{ resourceName: "memory", restartPolicy: "RestartContainer" }];
  await applyText(cluster, podOf("resized", { command: FOREVER, resizePolicy, resources: { requests: { cpu: "50m", memory: "16Mi" }, limits: { cpu: "100m", memory: "32Mi" } } }));
  await until("ready", look("resized"), isReady);
  const quota = () => exec("resized", "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max");
  t.is(await quota(), "10000");
  const resize = (resources: object) => cluster.kubectlOk(["patch", "pod", "resized", "--subresource=resize", "-p", JSON.stringify({ spec: { containers: [{ name: "c", resources }] } })]);
  const completed = async () => (await getJson<{ items: { reason: string }[] }>(cluster, ["events", "--field-selector", "involvedObject.name=resized"])).items.filter((event) => event.reason === "ResizeCompleted").length;
  await resize({ limits: { cpu: "200m" } });
  await until("it is over", completed, (count) => count === 1);
  t.is(await quota(), "20000");
  t.is((await look("resized")()).status?.containerStatuses?.[0]?.restartCount, 0);
  await resize({ limits: { memory: "64Mi" } });
  await until("it is over", completed, (count) => count === 2);
  const status = (await until("ready", look("resized"), isReady)).status?.containerStatuses?.[0];
  t.deepEqual([status?.restartCount, status?.resources?.limits], [1, { cpu: "200m", memory: "64Mi" }]);
  t.is(await exec("resized", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"), String(64 * 1024 * 1024));
});

test.serial("one container's end restarts them all, in a pod that else restarts nothing", async (t) => {
  const rule = { restartPolicy: "Never", restartPolicyRules: [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } }] };
  const mount = { volumeMounts: [{ name: "d", mountPath: "/d" }] };
  const neighbour = { name: "b", image: BUSYBOX, command: FOREVER };
  const pod = podOf("together", { command: sh("test -e /d/x && exec sleep 1000; touch /d/x; exit 42"), ...rule, ...mount }, { restartPolicy: "Never", volumes: [{ name: "d", emptyDir: {} }] }) as { spec: { containers: object[] } };
  pod.spec.containers.push(neighbour);
  await applyText(cluster, pod);
  const statuses = (found: Pod) => (found.status?.containerStatuses ?? []).map((status) => [status.name, status.restartCount, status.state?.running !== undefined, status.lastState?.terminated?.reason]);
  const found = await until("both run again", look("together"), (now) => statuses(now).every(([, restarts, isRunning]) => restarts === 1 && isRunning === true) && isReady(now));
  t.deepEqual(statuses(found), [["b", 1, true, "RestartingAllContainers"], ["c", 1, true, "RestartingAllContainers"]]);
});

test.serial("a command that is not there, a sub path for others than root, a volume of secrets", async (t) => {
  await applyText(cluster, podOf("nope", { command: ["/nope"] }, { restartPolicy: "Never" }));
  const failed = await until("failed", look("nope"), (pod) => pod.status?.phase === "Failed");
  const ended = failed.status?.containerStatuses?.[0]?.state?.terminated;
  t.deepEqual([ended?.reason, ended?.exitCode], ["StartError", 128]);
  t.regex(ended?.message ?? "", /^failed to create containerd task: failed to create shim task: OCI runtime create failed: .*\/nope.*: unknown$/);
  await applyText(cluster, { apiVersion: "v1", kind: "Secret", metadata: { name: "grouped" }, stringData: { k: "v" } });
  const volumeMounts = [{ name: "dir", mountPath: "/dir", subPath: "a/b" }, { name: "sec", mountPath: "/sec" }];
  const log = await outputOf("others", "touch /dir/f && stat -c %a /dir; stat -c '%a %g' /sec; cat /sec/k", { volumeMounts, securityContext: { runAsUser: 1001, runAsGroup: 1002 } }, { securityContext: { fsGroup: 1003 }, volumes: [{ name: "dir", emptyDir: {} }, { name: "sec", secret: { secretName: "grouped", defaultMode: 0o400 } }] });
  t.is(log, "2777\n3777 1003\nv");
});

test.serial("logs: tail, since, times, bytes, previous, follow to the end", async (t) => {
  await applyText(cluster, podOf("logs", { command: sh("echo start $(cat /d/n 2>/dev/null | wc -l); echo x >> /d/n; i=0; while [ $i -lt 5 ]; do echo line $i; i=$((i+1)); done; echo err >&2; sleep 2; exit 1"), volumeMounts: [{ name: "d", mountPath: "/d" }] }, { volumes: [{ name: "d", emptyDir: {} }] }));
  await until("it restarted", look("logs"), (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) === 1);
  const logs = (...args: string[]) => cluster.kubectlOk(["logs", "logs", ...args]);
  t.is((await logs("--previous")).split("\n")[0], "start 0");
  const followed = await logs("-f");
  t.is(followed, "start 1\nline 0\nline 1\nline 2\nline 3\nline 4\nerr\n");
  t.is(await logs("--tail=2"), "line 4\nerr\n");
  t.regex(await logs("--tail=1", "--timestamps"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}.* err\n$/);
  t.is(await logs("--limit-bytes=7"), "start 1");
  t.is(await logs("--since=1h"), followed);
  const refused = await cluster.kubectl(["logs", "logs", "-c", "nope"]);
  t.not(refused.code, 0);
  await cluster.kubectlOk(["delete", "pod", "logs"]);
});

test.serial("exec: input, output, exit code; port-forward reaches what listens in the pod", async (t) => {
  await applyText(cluster, podOf("web", { command: sh("mkdir /w; echo hello > /w/index.html; exec httpd -f -p 8080 -h /w") }));
  await until("ready", look("web"), isReady);
  t.is((await cluster.kubectl(["exec", "-i", "web", "--", "sh", "-c", "tr a-z A-Z; exit 3"], { input: "shout" })).stdout, "SHOUT");
  t.is((await cluster.kubectl(["exec", "web", "--", "sh", "-c", "exit 3"])).code, 3);
  const forward = spawn("nsenter", [`--net=/run/netns/${cluster.lab.hosts[0]?.namespace}`, BERTH, "port-forward", "pod/web", "18080:8080"], { env: { ...process.env, KUBECONFIG: cluster.kubeconfig, HOME: cluster.dir }, stdio: ["ignore", "pipe", "inherit"] });
  try {
    await new Promise<void>((resolve, reject) => {
      forward.stdout.once("data", () => resolve());
      forward.once("close", (code) => reject(new Error(`port-forward ended with ${code}`)));
    });
    const answer = await run(cluster.lab.hosts[0], ["busybox", "wget", "-qO-", "http://127.0.0.1:18080/"]);
    t.is(answer.stdout, "hello\n");
  } finally {
    forward.kill();
  }
});

test.serial("probes by HTTP and TCP from the node; a port that closes makes the pod unready", async (t) => {
  const probes = { readinessProbe: { httpGet: { path: "/ok", port: 8080 }, periodSeconds: 1, failureThreshold: 1 }, livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1, failureThreshold: 20 } };
  await applyText(cluster, podOf("probed", { command: sh("mkdir /w; touch /w/ok; httpd -f -p 8080 -h /w & while :; do sleep 0.2; done"), ...probes }));
  await until("ready", look("probed"), isReady);
  await exec("probed", "rm /w/ok");
  await until("not ready", look("probed"), (pod) => !isReady(pod));
  await exec("probed", "touch /w/ok");
  await until("ready again", look("probed"), isReady);
  const { items } = await getJson<{ items: { reason: string; message: string }[] }>(cluster, ["events", "--field-selector", "involvedObject.name=probed"]);
  t.true(items.some((event) => event.message === "Readiness probe failed: HTTP probe failed with statuscode: 404"));
});

test.serial("last words, exit codes and users arrive in the status", async (t) => {
  await applyText(cluster, podOf("words", { command: sh("id -u; id -G; echo -n bye > /dev/termination-log; exit 4"), securityContext: { runAsUser: 1001, runAsGroup: 1002 } }, { restartPolicy: "Never", securityContext: { fsGroup: 1003 } }));
  const pod = await until("failed", look("words"), (found) => found.status?.phase === "Failed");
  const ended = pod.status?.containerStatuses?.[0]?.state?.terminated;
  t.deepEqual([ended?.exitCode, ended?.message, ended?.reason], [4, "bye", "Error"]);
  t.is(await cluster.kubectlOk(["logs", "words"]), "1001\n1002 1003\n");
});

test.serial("the agent is killed again and again: containers run on with their pids, and what happened meanwhile is told", async (t) => {
  await applyText(cluster, podOf("steady", { command: FOREVER }));
  await applyText(cluster, podOf("dies", { command: FOREVER }, { restartPolicy: "Never" }));
  const steady = await until("ready", look("steady"), isReady);
  const dies = await until("ready", look("dies"), isReady);
  const pids = pidsOfPod(steady.metadata.uid ?? "");
  t.true(pids.length > 0);
  for (let round = 0; round < 3; round++) {
    await node.agent.kill();
    if (round === 1) killAll(pidsOfPod(dies.metadata.uid ?? ""));
    node.startAgent();
    await applyText(cluster, podOf(`new-${round}`, { command: FOREVER }));
    await until("a new pod runs", look(`new-${round}`), isReady);
  }
  t.deepEqual(pidsOfPod(steady.metadata.uid ?? "").slice(0, 1), pids.slice(0, 1));
  t.is((await look("steady")()).status?.containerStatuses?.[0]?.restartCount, 0);
  const over = await until("told", look("dies"), (pod) => pod.status?.phase === "Failed");
  t.is(over.status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 137);
});

test.serial("when all pods are deleted nothing of them is left on the node", async (t) => {
  await cluster.kubectlOk(["delete", "pods", "--all", "--timeout=60s"]);
  const agentDir = join(node.dataDir, "agent");
  t.deepEqual(readdirSync(join(agentDir, "pods")), []);
  t.deepEqual(readdirSync(join(agentDir, "secrets")), []);
  t.deepEqual(mountsBelow(join(agentDir, "pods")), []);
  await until("logs are gone", async () => readdirSync(join(agentDir, "logs")), (names) => names.length === 0);
});
