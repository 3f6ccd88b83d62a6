import { warningTests } from "../testing/kind-rules.ts";
import { DNS_LABEL, LABEL_VALUE } from "../testing/rule-texts.ts";
import { validatingWebhookConfiguration } from "./admissionregistration/validating-webhook-configuration.ts";
import { daemonSet } from "./apps/daemon-set.ts";
import { deployment } from "./apps/deployment.ts";
import { statefulSet } from "./apps/stateful-set.ts";
import { cronJob } from "./batch/cron-job.ts";
import { job } from "./batch/job.ts";
import { endpoints } from "./core/endpoints.ts";
import { persistentVolume } from "./core/persistent-volume.ts";
import { pod } from "./core/pod.ts";
import { replicationController } from "./core/replication-controller.ts";
import { resourceQuota } from "./core/resource-quota.ts";
import { service } from "./core/service.ts";
import { serviceAccount } from "./core/service-account.ts";
import { endpointSlice } from "./discovery/endpoint-slice.ts";
import { ingress } from "./networking/ingress.ts";
import { runtimeClass } from "./node/runtime-class.ts";
import { csiStorageCapacity } from "./storage/csi-storage-capacity.ts";

const OS = "beta.kubernetes.io/os";
const OS_TEXT = 'deprecated since v1.14; use "kubernetes.io/os" instead';
const APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/c";
const APP_ARMOR_TEXT = 'deprecated since v1.30; use the "appArmorProfile" field instead';
const container = { name: "c", image: "i" };
const podSpec = { containers: [container] };
const template = { metadata: { labels: { a: "b" } }, spec: podSpec };
const workload = { spec: { selector: { matchLabels: { a: "b" } }, template } };

const pods = { simple: { spec: podSpec } };
warningTests(pod, pods, [
  ["simple", {}],
  ["simple", { "metadata.name": "A.b" }, `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${DNS_LABEL}]`],
  ["simple", { "spec.nodeSelector": { [OS]: "x" } }, `spec.nodeSelector[${OS}]: ${OS_TEXT}`],
  ["simple", { "spec.nodeSelector": { "node-role.kubernetes.io/master": "" } }, 'spec.nodeSelector[node-role.kubernetes.io/master]: use "node-role.kubernetes.io/control-plane" instead'],
  [
    "simple",
    { "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution": [{ weight: 1, preference: { matchExpressions: [{ key: OS, operator: "In", values: ["ok", "-x"] }] } }] },
    `spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: ${OS} is ${OS_TEXT}`,
    `spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values[1]: -x is invalid, ${LABEL_VALUE}`,
  ],
  ["simple", { "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms": [{ matchExpressions: [{ key: "a", operator: "In", values: ["-x"] }] }] }],
  [
    "simple",
    { "spec.initContainers": [{ name: "i", image: "i", ports: [{ name: "web", containerPort: 1 }] }], "spec.containers[0].ports": [{ name: "web", containerPort: 2 }, { name: "other", containerPort: 3 }] },
    'spec.containers[0].ports[0]: duplicate port name "web" with spec.initContainers[0].ports[0], services and probes that select ports by name will use spec.initContainers[0].ports[0]',
  ],
  ["simple", { [`metadata.annotations["${APP_ARMOR}"]`]: "unconfined", "spec.securityContext": { appArmorProfile: { type: "RuntimeDefault" } } }, `metadata.annotations[${APP_ARMOR}]: ${APP_ARMOR_TEXT}`],
  ["simple", { [`metadata.annotations["${APP_ARMOR}"]`]: "runtime/default", "spec.securityContext": { appArmorProfile: { type: "RuntimeDefault" } } }],
  ["simple", { "spec.hostAliases": [{ ip: "::ffff:1.2.3.4" }, { ip: "FD00::1" }] }, 'spec.hostAliases[0].ip: non-standard IP address "::ffff:1.2.3.4" is invalid: use "1.2.3.4"', 'spec.hostAliases[1].ip: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")'],
]);
warningTests(pod, pods, [["simple", { "spec.terminationGracePeriodSeconds": -1 }]], { update: true });
warningTests(pod, pods, [["simple", { status: { podIPs: [{ ip: "01.2.3.4" }], hostIPs: [{ ip: "1.2.3.4" }, { ip: "1.2.3.04" }] } }, 'status.podIPs[0].ip: non-standard IP address "01.2.3.4" is invalid: use "1.2.3.4"', 'status.hostIPs[1].ip: non-standard IP address "1.2.3.04" is invalid: use "1.2.3.4"']], { subresource: "status" });

const selector = { "spec.template.spec.nodeSelector": { [OS]: "x" } };
const selectorText = `spec.template.spec.nodeSelector[${OS}]: ${OS_TEXT}`;
warningTests(deployment, { simple: workload }, [
  ["simple", selector, selectorText],
  ["simple", { [`spec.template.metadata.annotations["${APP_ARMOR}"]`]: "unconfined", "spec.template.spec.securityContext": { appArmorProfile: { type: "RuntimeDefault" } } }, `spec.template.metadata.annotations[${APP_ARMOR}]: ${APP_ARMOR_TEXT}`],
  ["simple", { [`spec.template.metadata.annotations["${APP_ARMOR}"]`]: "unconfined", "spec.template.spec.securityContext": { appArmorProfile: { type: "Unconfined" } } }],
]);
const deprecated = { spec: { ...workload.spec, template: { ...template, spec: { ...podSpec, nodeSelector: { [OS]: "x" } } } } };
warningTests(deployment, { deprecated }, [["deprecated", { "spec.replicas": 3 }, selectorText], ["deprecated", { "metadata.labels": { a: "b" } }]], { update: true });
warningTests(daemonSet, { deprecated }, [["deprecated", { "spec.minReadySeconds": 3 }], ["deprecated", { "spec.template.spec.hostname": "h" }, selectorText]], { update: true });
const controller = { spec: { selector: { a: "b" }, template } };
const deprecatedController = { spec: { selector: { a: "b" }, template: deprecated.spec.template } };
warningTests(replicationController, { controller, deprecatedController }, [["controller", selector], ["deprecatedController", { "spec.template.spec.nodeSelector": undefined }, selectorText]], { update: true });

const claims = { spec: { ...workload.spec, serviceName: "s", revisionHistoryLimit: -1, volumeClaimTemplates: [{ metadata: { name: "v" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1500m" } } } }] } };
const fraction = 'resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer';
const historyText = "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended";
warningTests(statefulSet, { claims }, [["claims", {}, `spec.volumeClaimTemplates[0].${fraction}`, historyText]]);
warningTests(statefulSet, { claims }, [["claims", {}, `spec.volumeClaimTemplates[0].Spec.${fraction}`, historyText]], { update: true });

const jobSpec = { template: { spec: { ...podSpec, restartPolicy: "Never" } } };
const manyText = "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
const many = { completionMode: "Indexed", completions: 100_001, parallelism: 10_001 };
warningTests(job, { simple: { spec: jobSpec }, many: { spec: { ...jobSpec, ...many } } }, [["simple", {}], ["many", {}, `spec: ${manyText}`]]);
warningTests(job, { many: { spec: { ...jobSpec, ...many } } }, [["many", { "metadata.labels": { a: "b" } }], ["many", { "spec.parallelism": 10_002 }, `spec: ${manyText}`]], { update: true });
const cronJobs = { simple: { spec: { schedule: "* * * * *", jobTemplate: { spec: jobSpec } } } };
warningTests(cronJob, cronJobs, [["simple", { "spec.jobTemplate.spec.template.spec.nodeSelector": { [OS]: "x" } }, `spec.jobTemplate.spec.template.spec.nodeSelector[${OS}]: ${OS_TEXT}`]]);
warningTests(cronJob, cronJobs, [["simple", { "spec.schedule": "TZ=UTC * * * * *" }, "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"]], { update: true });

warningTests(runtimeClass, { simple: { handler: "h" } }, [["simple", { "scheduling.nodeSelector": { [OS]: "x", a: "b" } }, `scheduling.nodeSelector: ${OS_TEXT}`]]);
warningTests(csiStorageCapacity, { simple: { storageClassName: "s" } }, [
  ["simple", { nodeTopology: { matchLabels: { [OS]: "x" }, matchExpressions: [{ key: OS, operator: "Exists" }] } }, `nodeTopology.matchExpressions[0].key: ${OS} is ${OS_TEXT}`, `nodeTopology.matchLabels.${OS}: ${OS_TEXT}`],
]);
warningTests(resourceQuota, { simple: { spec: {} } }, [
  ["simple", { "spec.hard": { "requests.cpu": "2", "limits.cpu": "1", memory: "2Gi", "limits.memory": "1Gi", "requests.ephemeral-storage": "1", "limits.ephemeral-storage": "1" } }, "ResourceQuota requests.cpu (2) should be less than limits.cpu (1)", "ResourceQuota memory (2Gi) should be less than limits.memory (1Gi)"],
]);
const ENFORCE = "kubernetes.io/enforce-mountable-secrets";
warningTests(serviceAccount, { plain: {}, old: { metadata: { name: "t", annotations: { [ENFORCE]: "true" } } } }, [
  ["plain", { [`metadata.annotations["${ENFORCE}"]`]: "true" }, `metadata.annotations[${ENFORCE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`],
  ["old", { [`metadata.annotations["${ENFORCE}"]`]: "false" }],
], { update: true });

const odd = "01.2.3.4";
const oddText = `non-standard IP address "${odd}" is invalid: use "1.2.3.4"`;
warningTests(endpoints, { simple: { subsets: [{ addresses: [{ ip: odd }], ports: [{ port: 1 }] }] } }, [["simple", {}, `subsets[0].addresses[0].ip: ${oddText}`], ["simple", { 'metadata.labels["endpoints.kubernetes.io/managed-by"]': "endpoint-controller" }]]);
const fqdn = { addressType: "FQDN", endpoints: [{ addresses: ["a.b"] }] };
warningTests(endpointSlice, { simple: { addressType: "IPv4", endpoints: [{ addresses: [odd] }] }, fqdn }, [
  ["simple", {}, `endpoints[0].addresses[0]: ${oddText}`],
  ["simple", { 'metadata.labels["endpointslice.kubernetes.io/managed-by"]': "endpointslice-controller.k8s.io" }],
  ["fqdn", {}, "spec.addressType: FQDN endpoints are deprecated"],
]);
warningTests(endpointSlice, { fqdn }, [["fqdn", {}]], { update: true });
const balanced = { "status.loadBalancer.ingress": [{ ip: odd }, { hostname: "h" }] };
warningTests(service, { simple: { spec: { type: "LoadBalancer", ports: [{ port: 80 }] } } }, [["simple", balanced, `status.loadBalancer.ingress[0]: ${oddText}`]], { subresource: "status" });
const ingresses = { simple: { spec: { defaultBackend: { service: { name: "s", port: { number: 1 } } } } } };
const CLASS = 'metadata.annotations["kubernetes.io/ingress.class"]';
warningTests(ingress, ingresses, [["simple", { [CLASS]: "x" }, "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"], ["simple", { [CLASS]: "x", "spec.ingressClassName": "x" }]]);
warningTests(ingress, ingresses, [["simple", balanced, `status.loadBalancer.ingress[0]: ${oddText}`]], { subresource: "status" });

warningTests(persistentVolume, { flocker: { spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], flocker: { datasetName: "d" } } } }, [
  ["flocker", {}],
  ["flocker", { "spec.flocker": undefined, "spec.storageos": { volumeName: "v" } }, "spec.storageOS: deprecated in v1.22, non-functional in v1.25+"],
]);
warningTests(validatingWebhookConfiguration, { simple: {} }, [["simple", { "metadata.name": "a.static.k8s.io" }, 'metadata.name: names ending with ".static.k8s.io" are reserved for static manifest-based configurations and cannot be managed via the API']]);
