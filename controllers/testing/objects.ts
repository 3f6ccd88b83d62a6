import type { Deployment, Node, Pod, ReplicaSet } from "../../api/wire.ts";

/** Objects for tests of decisions: only what a test says, on sensible rest. */
let count = 0;

export function aPod(fields: { name?: string; uid?: string; node?: string; phase?: string; ready?: string | boolean; created?: string; restarts?: number; cost?: string; deleting?: boolean; labels?: Record<string, string> } = {}): Pod {
  const { name = `pod-${++count}`, uid = `uid-${name}`, node, phase = "Running", ready = true, created = "2026-01-01T00:00:00Z", restarts = 0, cost, deleting, labels } = fields;
  const since = typeof ready === "string" ? ready : created;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "ns",
      uid,
      creationTimestamp: created,
      ...(labels ? { labels } : {}),
      ...(cost === undefined ? {} : { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
      ...(deleting ? { deletionTimestamp: created } : {}),
    },
    spec: { containers: [{ name: "c" }], ...(node === undefined ? {} : { nodeName: node }) },
    status: {
      phase,
      conditions: [{ type: "Ready", status: ready === false ? "False" : "True", lastTransitionTime: since }],
      containerStatuses: [{ name: "c", image: "i", imageID: "", ready: ready !== false, restartCount: restarts }],
    },
  };
}

export function aReplicaSet(fields: { name?: string; replicas?: number; available?: number; actual?: number; ready?: number; created?: string; annotations?: Record<string, string>; image?: string; revision?: number } = {}): ReplicaSet {
  const { name = `rs-${++count}`, replicas = 0, available = replicas, actual = replicas, ready = available, created = "2026-01-01T00:00:00Z", annotations = {}, image = "i", revision } = fields;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name, namespace: "ns", uid: `uid-${name}`, creationTimestamp: created, generation: 1, annotations: { ...annotations, ...(revision === undefined ? {} : { "deployment.kubernetes.io/revision": String(revision) }) } },
    spec: { replicas, selector: { matchLabels: { app: "a" } }, template: { metadata: { labels: { app: "a", "pod-template-hash": "x" } }, spec: { containers: [{ name: "c", image }] } } },
    status: { replicas: actual, readyReplicas: ready, availableReplicas: available, terminatingReplicas: 0, observedGeneration: 1 },
  };
}

export function aDeployment(fields: { replicas?: number; maxSurge?: number | string; maxUnavailable?: number | string; recreate?: boolean; deadline_s?: number; status?: Deployment["status"]; image?: string } = {}): Deployment {
  const { replicas = 3, maxSurge = "25%", maxUnavailable = "25%", recreate = false, deadline_s = 600, status, image = "i" } = fields;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d", namespace: "ns", uid: "uid-d", generation: 1 },
    spec: {
      replicas,
      progressDeadlineSeconds: deadline_s,
      selector: { matchLabels: { app: "a" } },
      strategy: recreate ? { type: "Recreate" } : { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } },
      template: { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image }] } },
    },
    ...(status ? { status } : {}),
  };
}

export function aNode(fields: { name?: string; ready?: string; conditions?: Record<string, string>; taints?: NonNullable<Node["spec"]>["taints"]; unschedulable?: boolean; zone?: string; created?: string; heartbeat?: string } = {}): Node {
  const { name = `node-${++count}`, ready = "True", conditions = {}, taints, unschedulable, zone, created = "2026-01-01T00:00:00Z", heartbeat = created } = fields;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: `uid-${name}`, creationTimestamp: created, ...(zone ? { labels: { "topology.kubernetes.io/zone": zone } } : {}) },
    spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
    status: {
      conditions: Object.entries({ ...conditions, ...(ready === "" ? {} : { Ready: ready }) }).map(([type, status]) => ({ type, status, lastHeartbeatTime: heartbeat, lastTransitionTime: created })),
    },
  };
}

/** A Deployment as a user sends it. */
export function userDeployment(name: string, fields: { replicas?: number; image?: string; strategy?: NonNullable<Deployment["spec"]>["strategy"]; more?: Partial<NonNullable<Deployment["spec"]>> } = {}): Deployment {
  const { replicas = 3, image = "registry/app:1", strategy, more } = fields;
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: "c", image }], terminationGracePeriodSeconds: 0 } }, ...(strategy ? { strategy } : {}), ...more },
  };
}

/** A ReplicaSet as a user sends it. */
export function userReplicaSet(name: string, replicas: number): ReplicaSet {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name, namespace: "default" },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "registry/app:1" }], terminationGracePeriodSeconds: 0 } } },
  };
}
