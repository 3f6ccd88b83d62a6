import { certificatesigningrequests, controllerrevisions, cronjobs, daemonsets, endpointslices, jobs, persistentvolumeclaims, persistentvolumes, poddisruptionbudgets, type Resource, replicationcontrollers, resourcequotas, statefulsets, volumeattributesclasses } from "../api/resources.ts";
import { CertificateSigningController, type SignCertificate } from "./certificates/signing.ts";
import { ClusterRoleAggregationController } from "./cluster-role-aggregation/controller.ts";
import type { ControllerContext, ControllerFactory } from "./controller.ts";
import { CronJobController } from "./cron-job/controller.ts";
import { DaemonSetController } from "./daemon-set/controller.ts";
import { DeploymentController } from "./deployment/controller.ts";
import { DisruptionController } from "./disruption/controller.ts";
import { EndpointSliceController } from "./endpoint-slice/controller.ts";
import { EndpointSliceMirroringController } from "./endpoint-slice-mirroring/controller.ts";
import { EndpointsController } from "./endpoints/controller.ts";
import { GarbageCollector } from "./garbage-collector/controller.ts";
import { JobController } from "./job/controller.ts";
import { TtlAfterFinishedController } from "./job/ttl.ts";
import { NamespaceController } from "./namespace/controller.ts";
import { parseClusterCidrs } from "./node-ipam/allocator.ts";
import { NodeIpamController } from "./node-ipam/controller.ts";
import { NodeLifecycleController, type NodeLifecycleOptions } from "./node-lifecycle/controller.ts";
import { PodGcController, type PodGcOptions } from "./pod-gc/controller.ts";
import { REPLICA_SET, REPLICATION_CONTROLLER, ReplicaSetController } from "./replica-set/controller.ts";
import { ResourceQuotaController } from "./resource-quota/controller.ts";
import { RootCaController } from "./root-ca/controller.ts";
import { ServiceAccountController } from "./service-account/controller.ts";
import { TokenSecretController } from "./service-account/token-secrets.ts";
import { StatefulSetController } from "./stateful-set/controller.ts";
import { TaintEvictionController } from "./taint-eviction/controller.ts";
import { attributesClassProtection, claimProtection, volumeProtection } from "./volume-protection/controller.ts";

export interface ControllerSettings {
  /** CA bundle of the cluster, PEM, for `kube-root-ca.crt`. */
  readonly rootCa: string;
  /** The cluster's CA; absent: nobody signs CertificateSigningRequests. */
  readonly signCertificate?: SignCertificate;
  /** Range of which each Node gets a /24: `10.244.0.0/16`, or one IPv4 and one IPv6 range with a comma between. Absent: Nodes get none. */
  readonly clusterCidr?: string;
  readonly nodeLifecycle?: NodeLifecycleOptions;
  readonly podGc?: PodGcOptions;
  /** Names of those to run; all where absent. */
  readonly only?: readonly string[];
}

export interface ControllerEntry {
  /** Names it in `only` and in logs. */
  readonly name: string;
  readonly create: ControllerFactory;
  /** Source of its events where Kubernetes names it otherwise there; `name` where it is not given. */
  readonly eventSource?: string;
  /** Kinds without which it has nothing to do: where the server does not serve them, it is left out. */
  readonly requires?: readonly Resource<unknown>[];
}

/** Every controller there is; the garbage collector last, since it shares the informers of the others. @throws Error when a setting is wrong */
export function controllers(settings: ControllerSettings): readonly ControllerEntry[] {
  const { clusterCidr, signCertificate } = settings;
  const all: ControllerEntry[] = [
    { name: "deployment-controller", create: (context) => new DeploymentController(context) },
    { name: REPLICA_SET.name, create: (context) => new ReplicaSetController(context, REPLICA_SET) },
    { name: REPLICATION_CONTROLLER.name, create: (context) => new ReplicaSetController(context, REPLICATION_CONTROLLER), requires: [replicationcontrollers] },
    { name: "daemonset-controller", create: (context) => new DaemonSetController(context), requires: [daemonsets, controllerrevisions] },
    { name: "statefulset-controller", create: (context) => new StatefulSetController(context), requires: [statefulsets, controllerrevisions] },
    { name: "job-controller", create: (context) => new JobController(context), requires: [jobs] },
    { name: "ttl-after-finished-controller", create: (context) => new TtlAfterFinishedController(context), requires: [jobs] },
    { name: "cronjob-controller", create: (context) => new CronJobController(context), requires: [cronjobs, jobs] },
    { name: "namespace-controller", create: (context) => new NamespaceController(context) },
    { name: "service-account-controller", create: (context) => new ServiceAccountController(context) },
    { name: "serviceaccount-token-controller", create: (context) => new TokenSecretController(context, settings.rootCa) },
    { name: "root-ca-cert-publisher", create: (context) => new RootCaController(context, settings.rootCa) },
    { name: "clusterrole-aggregation-controller", create: (context) => new ClusterRoleAggregationController(context) },
    { name: "node-controller", create: (context) => new NodeLifecycleController(context, settings.nodeLifecycle) },
    { name: "taint-eviction-controller", create: (context) => new TaintEvictionController(context) },
    { name: "pod-garbage-collector", create: (context) => new PodGcController(context, settings.podGc) },
    { name: "endpoint-controller", create: (context) => new EndpointsController(context) },
    { name: "endpoint-slice-controller", create: (context) => new EndpointSliceController(context), requires: [endpointslices] },
    { name: "endpoint-slice-mirroring-controller", create: (context) => new EndpointSliceMirroringController(context), requires: [endpointslices] },
    { name: "disruption-controller", eventSource: "controllermanager", create: (context) => new DisruptionController(context), requires: [poddisruptionbudgets] },
    { name: "resourcequota-controller", create: (context) => new ResourceQuotaController(context), requires: [resourcequotas, persistentvolumeclaims] },
    { name: "persistentvolumeclaim-protection-controller", create: claimProtection, requires: [persistentvolumeclaims] },
    { name: "persistentvolume-protection-controller", create: volumeProtection, requires: [persistentvolumes] },
    { name: "volumeattributesclass-protection-controller", create: attributesClassProtection, requires: [volumeattributesclasses, persistentvolumes, persistentvolumeclaims] },
    ...(signCertificate === undefined ? [] : [{ name: "certificatesigningrequest-signing-controller", create: (context: ControllerContext) => new CertificateSigningController(context, signCertificate), requires: [certificatesigningrequests] }]),
    ...(clusterCidr === undefined || clusterCidr === "" ? [] : [ipam(clusterCidr)]),
    { name: "generic-garbage-collector", eventSource: "garbage-collector-controller", create: (context) => new GarbageCollector(context) },
  ];
  const unknown = settings.only?.find((name) => !all.some((entry) => entry.name === name));
  if (unknown !== undefined) throw new Error(`there is no controller named ${JSON.stringify(unknown)}; there are ${all.map((entry) => entry.name).join(", ")}`);
  return settings.only === undefined ? all : all.filter((entry) => settings.only?.includes(entry.name));
}

function ipam(clusterCidr: string): ControllerEntry {
  const ranges = parseClusterCidrs(clusterCidr);
  return { name: "node-ipam-controller", eventSource: "cidrAllocator", create: (context) => new NodeIpamController(context, ranges) };
}
