import { isDeepStrictEqual } from "node:util";
import { forbidden, notFound } from "../../api/status/errors.ts";
import type { Node, Pod, TokenRequest } from "../../api/wire.ts";
import { NODE_LEASE_NAMESPACE, nodeOf } from "../auth/node/node-identity.ts";
import { podReferences } from "../auth/node/pod-references.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./admission.ts";

const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";
/** Labels in Kubernetes' own domains that a node may set on itself. */
const OWN_LABELS = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/arch",
  "kubernetes.io/os",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
]);
const OWN_LABEL_DOMAINS = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const RESTRICTED_DOMAIN = "node-restriction.kubernetes.io";

/** What a node's agent may write into the objects that the authorizer lets it touch. */
export function nodeRestriction(pods: KindCache, fresh: () => Promise<unknown>, apiAudience: string): AdmissionPlugin {
  const restrict = async (node: string, request: AdmissionRequest): Promise<void> => {
    if (node === "") throw refuse(request, `could not determine node from user ${JSON.stringify(request.user.name)}`);
    const { entry } = request.kind;
    if (entry.group === "" && entry.plural === "pods") return await admitPod(pods, fresh, node, request);
    if (entry.group === "" && entry.plural === "nodes") return admitNode(node, request);
    if (entry.group === "" && entry.plural === "serviceaccounts" && request.subresource === "token") return await admitToken(pods, fresh, apiAudience, node, request);
    if (entry.group === "coordination.k8s.io" && entry.plural === "leases") return admitLease(node, request);
  };
  return {
    name: "NodeRestriction",
    onlyRefuses: true,
    admit(request) {
      const node = nodeOf(request.user);
      return node === undefined ? undefined : restrict(node, request);
    },
  };
}

function refuse(request: AdmissionRequest, text: string) {
  return forbidden(request.kind.resource, request.name, text);
}

async function currentPod(pods: KindCache, fresh: () => Promise<unknown>, request: AdmissionRequest): Promise<Pod> {
  await fresh();
  const found = pods.get(`${request.namespace}/${request.name}`);
  if (found === undefined) throw notFound({ group: "", resource: "pods" }, request.name);
  return found.object() as Pod;
}

async function admitPod(pods: KindCache, fresh: () => Promise<unknown>, node: string, request: AdmissionRequest): Promise<void> {
  if (request.subresource === "eviction") {
    const pod = await currentPod(pods, fresh, request);
    if (pod.spec?.nodeName !== node) throw refuse(request, `node ${JSON.stringify(node)} can only evict pods with spec.nodeName set to itself`);
    return;
  }
  if (request.subresource === "status") return admitPodStatus(node, request);
  if (request.subresource !== "") throw refuse(request, `unexpected pod subresource ${JSON.stringify(request.subresource)}, only 'status' and 'eviction' are allowed`);
  if (request.operation === "CREATE") return admitPodCreation(node, request);
  if (request.operation !== "DELETE") throw refuse(request, `unexpected operation ${JSON.stringify(request.operation)}, node ${JSON.stringify(node)} can only create and delete mirror pods`);
  const pod = request.oldObject as Pod;
  if (pod.spec?.nodeName !== node) throw refuse(request, `node ${JSON.stringify(node)} can only delete pods with spec.nodeName set to itself`);
}

function admitPodStatus(node: string, request: AdmissionRequest): void {
  const old = request.oldObject as Pod;
  const pod = request.object as Pod;
  if (old.spec?.nodeName !== node) throw refuse(request, `node ${JSON.stringify(node)} can only update pod status for pods with spec.nodeName set to itself`);
  if (!isDeepStrictEqual(old.metadata.labels ?? {}, pod.metadata.labels ?? {})) throw refuse(request, `node ${JSON.stringify(node)} cannot update labels through pod status`);
}

function admitPodCreation(node: string, request: AdmissionRequest): void {
  const pod = request.object as Pod;
  const quoted = JSON.stringify(node);
  if (pod.metadata.annotations?.[MIRROR_ANNOTATION] === undefined) throw refuse(request, `pod does not have ${JSON.stringify(MIRROR_ANNOTATION)} annotation, node ${quoted} can only create mirror pods`);
  if (pod.spec?.nodeName !== node) throw refuse(request, `node ${quoted} can only create pods with spec.nodeName set to itself`);
  const owners = pod.metadata.ownerReferences ?? [];
  if (owners.length > 1) throw refuse(request, `node ${quoted} can only create pods with a single owner reference set to itself`);
  const [owner] = owners;
  if (owner !== undefined && (owner.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node)) throw refuse(request, `node ${quoted} can only create pods with an owner reference set to itself`);
  const [reference] = podReferences(pod);
  if (reference !== undefined) throw refuse(request, `node ${quoted} can not create pods that reference ${reference.slice(0, reference.indexOf("/"))}s`);
}

function admitNode(node: string, request: AdmissionRequest): void {
  const quoted = JSON.stringify(node);
  if (request.operation === "DELETE") throw refuse(request, `node ${quoted} is not allowed to delete nodes`);
  const object = request.object as Node;
  const old = request.oldObject as Node | undefined;
  const name = request.name === "" ? (object.metadata.name ?? "") : request.name;
  if (name !== node) throw refuse(request, `node ${quoted} is not allowed to modify node ${JSON.stringify(name)}`);
  if (object.metadata.ownerReferences?.length && !isDeepStrictEqual(object.metadata.ownerReferences, old?.metadata.ownerReferences)) throw refuse(request, `node ${quoted} is not allowed to set owner references`);
  checkLabels(request, node, object, old);
  if (old === undefined) return;
  if (!isDeepStrictEqual(taintsOf(object), taintsOf(old))) throw refuse(request, `node ${quoted} is not allowed to modify taints`);
}

function taintsOf(node: Node): unknown {
  return node.spec?.taints ?? [];
}

function checkLabels(request: AdmissionRequest, node: string, object: Node, old: Node | undefined): void {
  const labels = object.metadata.labels ?? {};
  const before = old?.metadata.labels ?? {};
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(before)])].filter((key) => labels[key] !== before[key]);
  const restricted = changed.filter(isRestricted).sort();
  if (restricted.length === 0) return;
  throw refuse(request, `is not allowed to modify labels: ${restricted.join(", ")}`.replace(/^/, `node ${JSON.stringify(node)} `));
}

/** Labels by which others steer pods to nodes: a node that could set them would draw pods (and their secrets) to itself. */
function isRestricted(label: string): boolean {
  const slash = label.indexOf("/");
  const domain = slash < 0 ? "" : label.slice(0, slash);
  const inDomain = (of: string) => domain === of || domain.endsWith(`.${of}`);
  if (inDomain(RESTRICTED_DOMAIN)) return true;
  if (!inDomain("kubernetes.io") && !inDomain("k8s.io")) return false;
  return !OWN_LABELS.has(label) && !OWN_LABEL_DOMAINS.some(inDomain);
}

async function admitToken(pods: KindCache, fresh: () => Promise<unknown>, apiAudience: string, node: string, request: AdmissionRequest): Promise<void> {
  if (request.operation !== "CREATE") throw refuse(request, `unexpected operation ${JSON.stringify(request.operation)}`);
  const { spec } = request.object as TokenRequest;
  const reference = spec?.boundObjectRef as { apiVersion?: string; kind?: string; name?: string; uid?: string } | null | undefined;
  if (!reference) throw refuse(request, `node requested token not bound to a pod`);
  if (reference.apiVersion !== "v1" || reference.kind !== "Pod") throw refuse(request, `node requested token bound to unsupported object kind ${JSON.stringify(reference.kind ?? "")}`);
  if (!reference.uid) throw refuse(request, "node requested token bound to a pod without specifying the pod UID");
  const pod = await currentPod(pods, fresh, { ...request, name: reference.name ?? "" });
  if (pod.metadata.uid !== reference.uid) throw refuse(request, `the UID in the bound object reference (${reference.uid}) does not match the UID in record (${pod.metadata.uid}). The object might have been deleted and then recreated`);
  if (pod.spec?.nodeName !== node) throw refuse(request, "node requested token bound to a pod scheduled on a different node");
  checkAudiences(request, pod, spec?.audiences ?? [], apiAudience);
}

/** A node gets tokens only for audiences that the pod itself asks for. */
function checkAudiences(request: AdmissionRequest, pod: Pod, audiences: readonly string[], apiAudience: string): void {
  const asked = new Set<string>();
  for (const volume of pod.spec?.volumes ?? []) for (const source of volume.projected?.sources ?? []) if (source.serviceAccountToken !== undefined) asked.add(source.serviceAccountToken.audience || apiAudience);
  for (const audience of audiences.length === 0 ? [apiAudience] : audiences) {
    if (!asked.has(audience)) throw refuse(request, `audience ${JSON.stringify(audience)} not found in pod spec volume, ${request.user.name} is not authorized to request tokens for this audience`);
  }
}

function admitLease(node: string, request: AdmissionRequest): void {
  if (request.namespace !== NODE_LEASE_NAMESPACE) throw refuse(request, `can only access leases in the ${JSON.stringify(NODE_LEASE_NAMESPACE)} system namespace`);
  const name = request.name === "" ? (request.object?.metadata.name ?? "") : request.name;
  if (name !== node) throw refuse(request, "can only access node lease with the same name as the requesting node");
}
