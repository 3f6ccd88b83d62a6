import test from "ava";
import type { Container, PodSpec } from "../../api/wire.ts";
import { podOf } from "../testing/pod-bench.ts";
import { type AdmissionNode, refusal, SAFE_SYSCTLS } from "./admission.ts";

const NODE: AdmissionNode = { name: "n1", labels: { rack: "r1" }, taints: [], allocatable: { cpu: "2", memory: "4Gi", pods: "3" }, allowedSysctls: SAFE_SYSCTLS, supportsStrictGroups: false, hasAppArmor: false };

const CASES: readonly (readonly [string, Partial<PodSpec>, Partial<Container>, Partial<AdmissionNode>, string | undefined])[] = [
  ["a plain pod", {}, {}, {}, undefined],
  ["a sysctl that is not safe", { securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } }, {}, {}, 'SysctlForbidden: forbidden sysctl: "kernel.msgmax" not allowlisted'],
  ["a safe sysctl, spelled with slashes", { securityContext: { sysctls: [{ name: "net/ipv4/tcp_syncookies", value: "1" }] } }, {}, {}, undefined],
  ["a safe sysctl on the host's network", { hostNetwork: true, securityContext: { sysctls: [{ name: "net.ipv4.tcp_syncookies", value: "1" }] } }, {}, {}, 'SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host Net enabled'],
  ["strict groups", { securityContext: { supplementalGroupsPolicy: "Strict" } }, {}, {}, "SupplementalGroupsPolicyNotSupported: SupplementalGroupsPolicy=Strict is not supported in this node"],
  ["strict groups where the runtime has them", { securityContext: { supplementalGroupsPolicy: "Strict" } }, {}, { supportsStrictGroups: true }, undefined],
  ["AppArmor of the pod", { securityContext: { appArmorProfile: { type: "RuntimeDefault" } } }, {}, {}, "AppArmor: Cannot enforce AppArmor: AppArmor is not enabled on the host"],
  ["AppArmor of a container", {}, { securityContext: { appArmorProfile: { type: "Localhost", localhostProfile: "x" } } }, {}, "AppArmor: Cannot enforce AppArmor: AppArmor is not enabled on the host"],
  ["AppArmor unconfined", {}, { securityContext: { appArmorProfile: { type: "Unconfined" } } }, {}, undefined],
  ["AppArmor where the kernel has it", { securityContext: { appArmorProfile: { type: "RuntimeDefault" } } }, {}, { hasAppArmor: true }, undefined],
  ["too much", {}, { resources: { requests: { cpu: "3", memory: "9Ti" } } }, {}, "OutOfcpu: Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000"],
  ["another operating system", { os: { name: "windows" } }, {}, {}, "PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS"],
  ["this operating system", { os: { name: "linux" } }, {}, {}, undefined],
  ["a taint that puts pods out", {}, {}, { taints: [{ key: "k", effect: "NoSchedule" }, { key: "k", effect: "NoExecute" }] }, "TaintToleration: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"],
  ["a taint that is tolerated, or only keeps pods away", { tolerations: [{ key: "k", operator: "Exists", effect: "NoExecute" }] }, {}, { taints: [{ key: "k", effect: "NoExecute" }, { key: "l", effect: "NoSchedule" }] }, undefined],
  ["a selector", { nodeSelector: { rack: "r2" } }, {}, {}, "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"],
];

for (const [name, spec, container, node, expected] of CASES) {
  test(`admission: ${name}`, (t) => {
    const why = refusal(podOf(spec, container), { ...NODE, ...node }, []);
    t.is(why === undefined ? undefined : `${why.reason}: ${why.message}`, expected);
  });
}

test("admission: a label for another operating system", (t) => {
  const pod = podOf();
  pod.metadata.labels = { "kubernetes.io/os": "windows" };
  t.deepEqual(refusal(pod, NODE, []), { reason: "PodOSSelectorNodeLabelDoesNotMatch", message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label" });
});

test("admission: what others have taken counts, host ports and pods too", (t) => {
  const half = podOf({}, { resources: { requests: { cpu: "1500m" } }, ports: [{ containerPort: 80, hostPort: 8080 }] });
  t.is(refusal(half, NODE, [half])?.message, "Node didn't have enough resource: cpu, requested: 1500, used: 1500, capacity: 2000");
  const port = podOf({}, { ports: [{ containerPort: 80, hostPort: 8080, hostIP: "10.0.0.1" }] });
  t.is(refusal(port, NODE, [half])?.reason, "NodePorts");
  t.is(refusal(podOf(), NODE, [podOf(), podOf(), podOf()])?.reason, "OutOfpods");
});
