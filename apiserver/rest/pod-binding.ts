import type { ApiResponse } from "../../api/exchange.ts";
import { bindingBody } from "../../api/kinds/core/binding.ts";
import { badRequest, conflict, notFound, StatusError, untyped } from "../../api/status/errors.ts";
import type { Binding, Pod } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { RequestContext } from "../chain/context.ts";
import type { Hold } from "../registry/bindings/binding-guard.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { updateObject } from "../registry/update.ts";
import { matchNamespace } from "../registry/create.ts";
import { answerDone, readAction } from "./action-body.ts";
import { writeContext } from "./create-handler.ts";

/** POST pods/NAME/binding: puts the pod on a node, once. `name` is "" where the body alone names the pod (POST bindings). */
export async function bindPod(registry: Registry, pods: ServedKind, context: RequestContext, name: string): Promise<ApiResponse> {
  const { object: binding, options } = readAction<Binding>(context, bindingBody);
  matchNamespace(pods, binding, context.info.namespace);
  const podName = name === "" ? (binding.metadata.name ?? "") : name;
  if (name !== "" && binding.metadata.name !== name) throw badRequest("name in URL does not match name in Binding object");
  checkTarget(binding);
  await registry.admission.admit(admissionOf(pods, context, podName, binding, options.dryRun));
  await registry.admission.validate(admissionOf(pods, context, podName, binding, options.dryRun));
  await write(registry, pods, context, podName, binding, options.dryRun);
  return answerDone(context);
}

/** The binding holds its room on the node from the judgement until the store has answered. */
async function write(registry: Registry, pods: ServedKind, context: RequestContext, name: string, binding: Binding, dryRun: boolean): Promise<void> {
  let hold: Hold | undefined;
  const next = async (old: object | undefined) => {
    const again = hold !== undefined;
    hold?.release();
    if (old === undefined) throw notFound(pods.resource, name);
    const pod = bound(old as Pod, binding, name, context.now_ms);
    hold = await registry.bindings.hold(pods.objectKey(context.info.namespace, name), pod, again);
    return pod;
  };
  const request = { name, subresource: "binding", strategy: {}, next, internal: true, asDecoded: true, reserve: () => hold!.reservation };
  try {
    const { cached } = await updateObject(registry, pods, request, { ...writeContext(context, dryRun), user: context.user });
    if (dryRun) hold?.release();
    else hold?.done(cached);
  } catch (error) {
    if (error instanceof StatusError) hold?.release();
    else hold?.doubt();
    throw error;
  }
}

/** Kubernetes answers these as bare 500s. @throws StatusError */
function checkTarget(binding: Binding): void {
  const kind = binding.target?.kind ?? "";
  if (kind !== "" && kind !== "Node") throw untyped(500, `target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`);
  if (!binding.target?.name) throw untyped(500, "target.name: Required value");
}

function admissionOf(kind: ServedKind, context: RequestContext, name: string, object: Binding, dryRun: boolean) {
  const { user, info, now_ms, warnings } = context;
  return { operation: "CREATE" as const, kind, subresource: "binding", namespace: info.namespace, name, object, user, dryRun, now_ms, warnings };
}

function bound(old: Pod, binding: Binding, name: string, now_ms: number): Pod {
  const refuse = (text: string) => conflict({ group: "", resource: "pods/binding" }, name, text);
  const uid = binding.metadata.uid;
  if (uid && uid !== old.metadata.uid) throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`);
  if (old.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (old.spec?.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(old.spec.nodeName)}`);
  if (old.spec?.schedulingGates?.length) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  // The old pod is frozen: what changes is copied, the rest is shared.
  const pod: Pod = { ...old, metadata: { ...old.metadata }, spec: { ...old.spec!, nodeName: binding.target.name! }, status: { ...old.status } };
  delete pod.status?.nominatedNodeName;
  addTo(pod.metadata, "annotations", binding);
  addTo(pod.metadata, "labels", binding);
  setScheduled(pod, now_ms);
  if (binding.metadata.resourceVersion) pod.metadata.resourceVersion = binding.metadata.resourceVersion;
  return pod;
}

/** An empty map is not stored, and what is handed on to readers is what is stored. */
function addTo(metadata: Pod["metadata"], name: "annotations" | "labels", binding: Binding): void {
  const added = binding.metadata[name];
  if (added !== undefined && Object.keys(added).length > 0) metadata[name] = { ...metadata[name], ...added };
}

function setScheduled(pod: Pod, now_ms: number): void {
  const conditions = (pod.status?.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
  pod.status = { ...pod.status, conditions: [...conditions, { type: "PodScheduled", status: "True", lastProbeTime: null as unknown as string, lastTransitionTime: rfc3339(now_ms) }] };
}
