import test from "ava";
import { containerOf, podOf } from "../../testing/pod-bench.ts";
import { parseResolvConf, podDns } from "./dns.ts";
import { envFileValue } from "./env-file.ts";
import { containerEnvironment, type EnvironmentInput, NotFoundError } from "./environment.ts";
import { expand, expandStrict, mappingOf } from "./expansion.ts";
import { fieldValue } from "./field-ref.ts";
import { hostsFile, kernelHostname, podNames } from "./host-names.ts";
import { registryOf, withDefaultTag } from "./image-name.ts";
import { resourceValue } from "./resource-field.ts";
import { containerResources, oomScoreAdj, podLimits, quotaFor, sharesFor } from "./resources.ts";
import { securityContext } from "./security.ts";
import { serviceEnvironment } from "./service-env.ts";

const env = mappingOf(new Map([["A", "1"], ["B", "$(A)"]]));

for (const [text, expected] of [
  ["$(A)", "1"],
  ["$(B)", "$(A)"],
  ["$$(A)", "$(A)"],
  ["$$$(A)", "$1"],
  ["$(C) $(", "$(C) $("],
  ["x$", "x$"],
  ["$A $()", "$A $()"],
] as const) {
  test(`expands ${text}`, (t) => t.is(expand(text, env), expected));
}

test("strict expansion names what is missing", (t) => {
  t.throws(() => expandStrict("of-$(NOPE)", env), { message: "missing value for NOPE" });
  t.throws(() => expandStrict("$(ZZ)/$(AA)/$(ZZ)/$(EMPTY)", (name) => (name === "EMPTY" ? "" : undefined)), { message: "missing value for AA, EMPTY, ZZ" });
});

function environmentOf(container: object, source: Partial<EnvironmentInput["source"]> = {}) {
  const missing = (kind: string) => async (_namespace: string, name: string) => {
    throw new NotFoundError(`${kind} "${name}" not found`);
  };
  const pod = podOf({ enableServiceLinks: false }, container);
  pod.metadata.labels = { l: "v" };
  const all = { configMap: missing("configmap"), secret: missing("secret"), services: async () => [], volumeFile: async () => ({ path: "/pods/v/e", text: "K='v'\n" }), ...source } as EnvironmentInput["source"];
  return containerEnvironment({ pod, container: pod.spec?.containers[0] ?? containerOf("c"), addresses: { podIps: ["10.0.0.5", "fd00::5"], hostIps: ["192.0.2.1"] }, allocatable: { cpu: "4" }, source: all });
}

test("the environment: references, expansion of earlier variables, prefixes, order", async (t) => {
  const configMap = async () => ({ apiVersion: "v1", kind: "ConfigMap", metadata: {}, data: { K: "map" } });
  const secret = async () => ({ apiVersion: "v1", kind: "Secret", metadata: {}, data: { S: Buffer.from("hidden").toString("base64") } });
  const got = await environmentOf(
    {
      envFrom: [{ configMapRef: { name: "m" }, prefix: "P_" }, { secretRef: { name: "s" } }],
      env: [
        { name: "LATE", value: "$(X)" },
        { name: "X", value: "1" },
        { name: "Y", value: "$(X)$(P_K)" },
        { name: "IPS", valueFrom: { fieldRef: { fieldPath: "status.podIPs" } } },
        { name: "LABEL", valueFrom: { fieldRef: { fieldPath: "metadata.labels['l']" } } },
        { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
        { name: "KEY", valueFrom: { secretKeyRef: { name: "s", key: "S" } } },
        { name: "FILE", valueFrom: { fileKeyRef: { volumeName: "v", path: "e", key: "K" } } },
      ],
    },
    { configMap, secret },
  );
  t.deepEqual(Object.fromEntries(got), { P_K: "map", S: "hidden", LATE: "$(X)", X: "1", Y: "1map", IPS: "10.0.0.5,fd00::5", LABEL: "v", CPU: "4", KEY: "hidden", FILE: "v" });
});

test("what is missing is an error, unless it is optional", async (t) => {
  const of = (ref: object) => environmentOf({ env: [{ name: "A", valueFrom: ref }] });
  await t.throwsAsync(of({ configMapKeyRef: { name: "m", key: "a" } }), { message: 'configmap "m" not found' });
  await t.throwsAsync(of({ secretKeyRef: { name: "s", key: "a" } }), { message: 'secret "s" not found' });
  t.deepEqual([...(await of({ secretKeyRef: { name: "s", key: "a", optional: true } }))], []);
  await t.throwsAsync(of({ resourceFieldRef: { resource: "limits.cpu", containerName: "nope" } }), { message: "container nope not found" });
  const keyless = { configMap: async () => ({ apiVersion: "v1", kind: "ConfigMap", metadata: {}, data: {} }) };
  await t.throwsAsync(environmentOf({ env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "m", key: "a" } } }] }, keyless), { message: "couldn't find key a in ConfigMap ns/m" });
});

test("env files: read up to the key, blank lines and comments passed over, values over several lines", (t) => {
  const text = "# c\nA='it works'  # so\n\n  B=''\nC='1\n2'\nD= 'x'\nbare\n";
  t.deepEqual(["A", "B", "C", "D"].map((key) => envFileValue(text, key)), ["it works", undefined, "1\n2", undefined]);
  t.is(envFileValue("", "A"), undefined);
  t.throws(() => envFileValue(text, "Z"), { message: "invalid environment variable format at line 8: missing '='" });
  for (const [line, words] of [["A=bare", "value must be enclosed in single quotes"], ["A ='x'", "whitespace before '=' is not allowed"], ["='x'", "empty variable name"], ["A='x", "unclosed single quote"], ["A='x'y", "unexpected content after closing quote"]] as const) {
    t.throws(() => envFileValue(line, "A"), { message: new RegExp(words) }, line);
  }
});

test("a key of an env file that is not there is an error unless it is optional; a file that is not there always is", async (t) => {
  const of = (ref: object, source: object = {}) => environmentOf({ env: [{ name: "A", valueFrom: { fileKeyRef: { volumeName: "v", path: "e", ...ref } } }] }, source);
  await t.throwsAsync(of({ key: "Z" }), { message: 'environment variable key "Z" not found in file "/pods/v/e"' });
  t.deepEqual([...(await of({ key: "Z", optional: true }))], []);
  const volumeFile = async () => {
    throw new NotFoundError("no such file");
  };
  await t.throwsAsync(of({ key: "K", optional: true }, { volumeFile }), { message: "couldn't parse env file" });
  await t.throwsAsync(of({ key: "Z" }, { volumeFile: async () => ({ path: "/x", text: "bare\n" }) }), { message: "couldn't parse env file" });
});

test("services as environment variables", (t) => {
  const service = (namespace: string, name: string, clusterIP: string, ports: object[]) => ({ apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: { clusterIP, ports } }) as never;
  const services = [service("default", "kubernetes", "10.96.0.1", [{ name: "https", port: 443, protocol: "TCP" }]), service("ns", "my-db", "10.96.0.7", [{ port: 5432 }]), service("ns", "headless", "None", [{ port: 1 }]), service("other", "x", "10.96.0.9", [{ port: 1 }])];
  const got = serviceEnvironment(podOf(), services);
  t.is(got.get("KUBERNETES_SERVICE_HOST"), "10.96.0.1");
  t.is(got.get("KUBERNETES_SERVICE_PORT_HTTPS"), "443");
  t.is(got.get("MY_DB_PORT_5432_TCP"), "tcp://10.96.0.7:5432");
  t.false([...got.keys()].some((key) => key.startsWith("HEADLESS") || key.startsWith("X_")));
  t.deepEqual([...serviceEnvironment(podOf({ enableServiceLinks: false }), services).keys()].filter((key) => key.startsWith("MY_DB")), []);
});

test("downward API: fields, labels as a file, resources rounded up", (t) => {
  const pod = podOf({}, { resources: { limits: { cpu: "1500m", memory: "64Mi" }, requests: { cpu: "10m" } } });
  pod.metadata.labels = { b: "2", a: 'q"uote' };
  const none = { podIps: [], hostIps: [] };
  t.is(fieldValue(pod, "metadata.labels", none), 'a="q\\"uote"\nb="2"');
  t.throws(() => fieldValue(pod, "spec.nope", none));
  const self = pod.spec?.containers[0];
  const value = (resource: string, divisor?: string) => resourceValue(pod, self, { resource, ...(divisor === undefined ? {} : { divisor }) }, { cpu: "4", memory: "8Gi" });
  t.deepEqual([value("limits.cpu"), value("requests.cpu", "1m"), value("limits.memory"), value("limits.memory", "1Mi"), value("requests.memory", "1Mi")], ["2", "10", "67108864", "64", "64"]);
});

test("names and the hosts file", (t) => {
  const named = podOf({ hostname: "h", subdomain: "s", hostAliases: [{ ip: "1.2.3.4", hostnames: ["a", "b"] }] });
  const names = podNames(named, "cluster.local");
  t.deepEqual(names, { hostname: "h", fqdn: "h.s.ns.svc.cluster.local" });
  const lines = hostsFile(named, names, ["10.0.0.5"], undefined).split("\n");
  t.is(lines[0], "# Kubernetes-managed hosts file.");
  t.deepEqual(lines.slice(-5), ["10.0.0.5\th.s.ns.svc.cluster.local\th", "", "# Entries added by HostAliases.", "1.2.3.4\ta\tb", ""]);
  t.is(kernelHostname(podOf({ ...named.spec, setHostnameAsFQDN: true }), names), "h.s.ns.svc.cluster.local");
  const long = podOf({ hostname: "h", subdomain: "s".repeat(60), setHostnameAsFQDN: true });
  t.throws(() => kernelHostname(long, podNames(long, "cluster.local")), { message: /is too long \(64 characters is the max, 83 characters requested\)$/ });
  const pod = podOf();
  pod.metadata.name = `${"n".repeat(62)}-tail`;
  t.is(podNames(pod, "cluster.local").hostname, "n".repeat(62));
  t.is(podNames(podOf({ hostnameOverride: "other.example" }), "cluster.local").hostname, "other.example");
  t.is(hostsFile(podOf({ hostNetwork: true }), names, [], "127.0.0.1 me\n"), "# Kubernetes-managed hosts file (host network).\n127.0.0.1 me\n");
});

test("DNS by policy, with the pod's own configuration merged and limits kept", (t) => {
  const cluster = { servers: ["10.96.0.10"], domain: "cluster.local", node: parseResolvConf("nameserver 192.0.2.53\nsearch lan.example.\noptions rotate\n") };
  const config = (spec: object) => podDns(podOf(spec), cluster).config;
  t.deepEqual(config({}), { servers: ["10.96.0.10"], searches: ["ns.svc.cluster.local", "svc.cluster.local", "cluster.local", "lan.example"], options: ["ndots:5"] });
  t.deepEqual(config({ hostNetwork: true }), { servers: ["192.0.2.53"], searches: ["lan.example"], options: ["rotate"] });
  t.deepEqual(config({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }).servers, ["10.96.0.10"]);
  t.deepEqual(config({ dnsPolicy: "Default" }).searches, ["lan.example"]);
  t.deepEqual(config({ dnsPolicy: "None", dnsConfig: { nameservers: ["9.9.9.9"], options: [{ name: "edns0" }, { name: "ndots", value: "2" }] } }), { servers: ["9.9.9.9"], searches: [], options: ["edns0", "ndots:2"] });
  t.deepEqual(config({ dnsConfig: { searches: ["a.example", "cluster.local"], options: [{ name: "ndots", value: "2" }] } }).options, ["ndots:2"]);
  const many = podDns(podOf({ dnsConfig: { nameservers: ["1.1.1.1", "2.2.2.2", "3.3.3.3"] } }), cluster);
  t.deepEqual(many.config.servers, ["10.96.0.10", "1.1.1.1", "2.2.2.2"]);
  t.deepEqual(many.warnings, ["Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.96.0.10 1.1.1.1 2.2.2.2"]);
});

for (const [image, expected] of [
  ["busybox", "busybox:latest"],
  ["localhost/hello:1", "localhost/hello:1"],
  ["localhost:5000/a/b", "localhost:5000/a/b:latest"],
  [`a@sha256:${"0".repeat(64)}`, `a@sha256:${"0".repeat(64)}`],
] as const) {
  test(`image ${image} is ${expected}`, (t) => t.is(withDefaultTag(image), expected));
}

test("image names that are none", (t) => {
  for (const image of ["Upper", "a:b:c", "a//b", "a@sha256:12", "", "a:".concat("x".repeat(129)), "../a"]) t.throws(() => withDefaultTag(image), { message: /invalid reference format/ }, image);
  t.is(registryOf("localhost:5000/a"), "localhost:5000");
  t.is(registryOf("a/b"), "docker.io");
});

test("CPU shares and quotas, memory, OOM score by class", (t) => {
  t.deepEqual([sharesFor(0), sharesFor(1), sharesFor(1000), sharesFor(10_000_000)], [2, 2, 1024, 262_144]);
  t.deepEqual([quotaFor(0), quotaFor(1), quotaFor(1500)], [-1, 1000, 150_000]);
  const GIB = 1024 ** 3;
  const score = (resources: object) => {
    const pod = podOf({}, { resources });
    return oomScoreAdj(pod, pod.spec?.containers[0] ?? containerOf("c"), 8 * GIB);
  };
  t.is(score({}), 1000);
  t.is(score({ limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1", memory: "1Gi" } }), -997);
  t.is(score({ requests: { memory: "4Gi" } }), 500);
  t.is(score({ requests: { memory: "1Ki" } }), 999);
  t.is(score({ requests: { memory: "8Gi" } }), 3);
  const pod = podOf({}, { resources: { limits: { cpu: "500m", memory: "64Mi", "hugepages-2Mi": "4Mi" }, requests: { cpu: "100m" } } });
  const got = containerResources(pod, pod.spec?.containers[0] ?? containerOf("c"), 8 * GIB);
  t.like(got, { cpuShares: 102, cpuQuota: 50_000, memoryLimitInBytes: 67_108_864, hugepageLimits: [{ pageSize: "2MB", limit: 4_194_304 }] });
});

test("the pod's own limits: sums, and limits only where all have one", (t) => {
  const limited = { resources: { limits: { cpu: "1", memory: "10Mi" } } };
  t.deepEqual(podLimits(podOf({ containers: [containerOf("a", limited), containerOf("b", limited)] })), { cpuShares: 2048, cpuQuota_us: 200_000, cpuPeriod_us: 100_000, memory_bytes: 20_971_520 });
  t.deepEqual(podLimits(podOf({ containers: [containerOf("a", limited), containerOf("b")] })), { cpuShares: 1024, cpuQuota_us: -1, cpuPeriod_us: 100_000, memory_bytes: 0 });
});

test("security contexts: the container's over the pod's over the image's", (t) => {
  const of = (pod: object, container: object, imageUser: object = {}) => {
    const made = podOf({ securityContext: pod }, { securityContext: container });
    return securityContext({ pod: made, container: made.spec?.containers[0] ?? containerOf("c"), imageUser, seccompRoot: "/seccomp" });
  };
  t.like(of({ runAsUser: 1, fsGroup: 5, supplementalGroups: [6] }, { runAsUser: 2, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { add: ["A"], drop: ["ALL"] } }), {
    runAsUser: { value: 2 },
    supplementalGroups: [5, 6],
    noNewPrivs: true,
    readonlyRootfs: true,
    capabilities: { addCapabilities: ["A"], dropCapabilities: ["ALL"] },
  });
  t.is(of({}, {}, { username: "app" }).runAsUsername, "app");
  t.deepEqual(of({}, {}, { uid: 9 }).runAsUser, { value: 9 });
  t.deepEqual(of({}, { seccompProfile: { type: "Localhost", localhostProfile: "x.json" } }).seccomp, { profileType: "Localhost", localhostRef: "/seccomp/x.json" });
  t.deepEqual(of({ seccompProfile: { type: "RuntimeDefault" } }, {}).seccomp, { profileType: "RuntimeDefault" });
  t.is(of({}, { privileged: true }).maskedPaths, undefined);
  t.true((of({}, {}).maskedPaths ?? []).includes("/proc/kcore"));
});
