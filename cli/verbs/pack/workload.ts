import type { ApiObject, Container, Node, Pod, PodSpec, PodTemplateSpec } from "../../../api/wire.ts";
import { POD_GROUP_LABEL } from "../../../scheduler/gang/gangs.ts";
import type { Manifest } from "../../api/manifests.ts";
import { UserError } from "../../user-error.ts";

/** Pods that are to be packed, in the order in which they come, and what else files say. */
export interface Workload {
  readonly pods: readonly Pod[];
  /** Pods that every node gets whose labels and taints let it. */
  readonly daemons: readonly Pod[];
  /** Kinds of nodes: each Node of the files is one. */
  readonly nodes: readonly Node[];
  readonly notes: readonly string[];
}

/** Most pods of one what-if. */
const MAX_PODS = 200_000;
const WORKLOADS: ReadonlySet<string> = new Set(["Deployment", "ReplicaSet", "StatefulSet", "ReplicationController", "Job", "CronJob", "DaemonSet"]);

interface AnyWorkload extends ApiObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly parallelism?: number;
    readonly completions?: number;
    readonly template?: PodTemplateSpec;
    readonly jobTemplate?: { readonly spec?: AnyWorkload["spec"] };
  };
}

/** @throws UserError when the files hold no pods and no workloads */
export function workloadOf(manifests: readonly Manifest[], namespace: string): Workload {
  const pods: Pod[] = [];
  const daemons: Pod[] = [];
  const nodes: Node[] = [];
  const notes = new Set<string>();
  const ignored = new Map<string, number>();
  for (const { object } of manifests) {
    if (object.kind === "Pod") pods.push(pendingPod(object as unknown as Pod, object.metadata.name ?? `pod-${pods.length}`, namespace, notes));
    else if (object.kind === "Node") nodes.push(object as unknown as Node);
    else if (WORKLOADS.has(object.kind)) addWorkload(object as AnyWorkload, namespace, pods, daemons, notes);
    else ignored.set(object.kind, (ignored.get(object.kind) ?? 0) + 1);
    if (pods.length > MAX_PODS) throw new UserError(`more than ${MAX_PODS} pods; pack a part of them`);
  }
  if (pods.length === 0 && daemons.length === 0) throw new UserError(`there are no pods and no workloads in these files (found: ${[...ignored.keys(), ...(nodes.length > 0 ? ["Node"] : [])].join(", ") || "nothing"})`);
  return { pods, daemons, nodes, notes: [...notes] };
}

function addWorkload(object: AnyWorkload, namespace: string, pods: Pod[], daemons: Pod[], notes: Set<string>): void {
  const spec = object.kind === "CronJob" ? object.spec?.jobTemplate?.spec : object.spec;
  const template = spec?.template;
  if (template?.spec === undefined) throw new UserError(`${object.kind} ${object.metadata.name ?? ""} has no pod template`);
  const name = object.metadata.name ?? "unnamed";
  const ownerReferences = [{ apiVersion: object.apiVersion, kind: object.kind, name, uid: `${object.kind}/${object.metadata.namespace ?? namespace}/${name}`, controller: true }];
  const make = (index: number): Pod => {
    const metadata = { ...template.metadata, name: `${name}-${index}`, namespace: template.metadata?.namespace ?? object.metadata.namespace ?? namespace, ownerReferences };
    return pendingPod({ apiVersion: "v1", kind: "Pod", metadata, spec: template.spec! }, `${name}-${index}`, namespace, notes);
  };
  if (object.kind === "DaemonSet") {
    daemons.push(make(0));
    return;
  }
  const replicas = object.kind === "Job" || object.kind === "CronJob" ? Math.min(spec?.parallelism ?? 1, spec?.completions ?? Number.POSITIVE_INFINITY) : (spec?.replicas ?? 1);
  if (replicas > MAX_PODS) throw new UserError(`${object.kind} ${name} has ${replicas} replicas; a what-if takes ${MAX_PODS} pods`);
  for (let i = 0; i < replicas; i++) pods.push(make(i));
}

/** The pod as the API server would admit it, as far as packing looks: requests that limits imply, no node, no priority (nobody is to be preempted). */
export function pendingPod(pod: Pod, name: string, namespace: string, notes: Set<string>): Pod {
  const { nodeName: _node, priority: _priority, priorityClassName: _class, schedulerName: _scheduler, schedulingGates: _gates, ...spec } = pod.spec!;
  const volumes = (spec.volumes ?? []).filter(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim === undefined && ephemeral === undefined);
  if (volumes.length < (spec.volumes?.length ?? 0)) notes.add("claims of volumes are not looked at");
  // Whether a group is whole is no question here.
  const { [POD_GROUP_LABEL]: _group, ...labels } = pod.metadata.labels ?? {};
  const { annotations, ownerReferences } = pod.metadata;
  const metadata = { name, namespace: pod.metadata.namespace ?? namespace, uid: `${pod.metadata.namespace ?? namespace}/${name}`, labels, ...(annotations && { annotations }), ...(ownerReferences && { ownerReferences }) };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: withImpliedRequests({ ...spec, volumes }), status: { phase: "Pending" } };
}

function withImpliedRequests(spec: PodSpec): PodSpec {
  const imply = (container: Container): Container => (container.resources?.limits === undefined ? container : { ...container, resources: { ...container.resources, requests: { ...container.resources.limits, ...container.resources.requests } } });
  return { ...spec, containers: (spec.containers ?? []).map(imply), ...(spec.initContainers && { initContainers: spec.initContainers.map(imply) }) };
}

/** A DaemonSet's pod for one node, pinned to it as its controller does. */
export function daemonOn(pod: Pod, node: string): Pod {
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const pin = { key: "metadata.name", operator: "In", values: [node] };
  const terms = required?.nodeSelectorTerms ?? [{}];
  const nodeSelectorTerms = terms.map((term) => ({ ...term, matchFields: [...(term.matchFields ?? []).filter(({ key }) => key !== pin.key), pin] }));
  const affinity = { ...pod.spec?.affinity, nodeAffinity: { ...pod.spec?.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
  const tolerations = [...(pod.spec?.tolerations ?? []), { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" }];
  const name = `${pod.metadata.ownerReferences?.[0]?.name ?? pod.metadata.name}-on-${node}`;
  return { ...pod, metadata: { ...pod.metadata, name, uid: name }, spec: { ...pod.spec!, affinity, tolerations } };
}
