import type { ApiResponse } from "../../api/exchange.ts";
import { bindingBody } from "../../api/kinds/core/binding.ts";
import { badRequest, conflict, notFound, untyped } from "../../api/status/errors.ts";
import type { Binding, Pod } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { RequestContext } from "../chain/context.ts";
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
  const next = (old: object | undefined) => {
    if (old === undefined) throw notFound(pods.resource, podName);
    return bound(old as Pod, binding, podName, context.now_ms);
  };
  await updateObject(registry, pods, { name: podName, subresource: "binding", strategy: {}, next, internal: true }, { ...writeContext(context, options.dryRun), user: context.user });
  return answerDone(context);
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
  const pod = structuredClone(old);
  pod.spec = { ...pod.spec!, nodeName: binding.target.name! };
  delete pod.status?.nominatedNodeName;
  if (binding.metadata.annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...binding.metadata.annotations };
  if (binding.metadata.labels) pod.metadata.labels = { ...pod.metadata.labels, ...binding.metadata.labels };
  setScheduled(pod, now_ms);
  if (binding.metadata.resourceVersion) pod.metadata.resourceVersion = binding.metadata.resourceVersion;
  return pod;
}

function setScheduled(pod: Pod, now_ms: number): void {
  const conditions = (pod.status?.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
  pod.status = { ...pod.status, conditions: [...conditions, { type: "PodScheduled", status: "True", lastProbeTime: null as unknown as string, lastTransitionTime: rfc3339(now_ms) }] };
}
