import { forbidden } from "../../api/status/errors.ts";
import type { Pod, PodSpec, PriorityClass } from "../../api/wire.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import { type AdmissionPlugin, type AdmissionRequest, NOTHING_ELSE } from "./admission.ts";

const PODS = { group: "", resource: "pods" };
const CLASSES = { group: "scheduling.k8s.io", resource: "priorityclasses" };
const PREEMPT = "PreemptLowerPriority";

/** A pod's priority comes from its class alone; there is at most one default class. */
export function priority(classes: KindCache, fresh: () => Promise<unknown>): AdmissionPlugin {
  return {
    name: "Priority",
    admit(request) {
      if (request.subresource !== "" || request.object === undefined || request.kind.entry.kind !== "Pod") return undefined;
      if (request.operation === "CREATE") return setPriority(classes, fresh, request);
      if (request.operation === "UPDATE") keepPriority(request);
      return undefined;
    },
    stamp(request) {
      if (request.kind.entry.kind !== "Pod" || request.operation !== "CREATE") return NOTHING_ELSE;
      const name = (request.object as Pod).spec?.priorityClassName ?? "";
      return name === "" ? (defaultClass(classes) ?? NOTHING_ELSE) : classes.get(name);
    },
    validate(request) {
      if (request.kind !== classes.kind || request.object === undefined || request.operation === "DELETE") return;
      checkDefault(classes, request.object as PriorityClass);
    },
  };
}

function setPriority(classes: KindCache, fresh: () => Promise<unknown>, request: AdmissionRequest): void | Promise<void> {
  const pod = request.object as Pod;
  if (pod.spec === undefined) return undefined;
  const name = pod.spec.priorityClassName ?? "";
  if (name === "") return givePriority(pod.spec, defaultClass(classes), request);
  const found = classOf(classes, name);
  if (found !== undefined) return givePriority(pod.spec, found, request);
  return fresh().then(() => {
    const now = classOf(classes, name);
    if (now === undefined) throw forbidden(PODS, request.name, `no PriorityClass with name ${name} was found`);
    givePriority(pod.spec!, now, request);
  });
}

function givePriority(spec: PodSpec, found: PriorityClass | undefined, request: AdmissionRequest): void {
  const value = found?.value ?? 0;
  const policy = found?.preemptionPolicy ?? PREEMPT;
  if (found !== undefined && !spec.priorityClassName) spec.priorityClassName = found.metadata.name ?? "";
  const given = spec.priority;
  if (given !== undefined && given !== value) {
    throw forbidden(PODS, request.name, `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`);
  }
  const givenPolicy = spec.preemptionPolicy;
  if (givenPolicy !== undefined && givenPolicy !== policy) {
    throw forbidden(PODS, request.name, `the string value of PreemptionPolicy (${givenPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`);
  }
  spec.priority = value;
  spec.preemptionPolicy = policy;
}

/** A PUT that leaves the computed fields out does not mean to clear them. */
function keepPriority(request: AdmissionRequest): void {
  const pod = request.object as Pod;
  const old = request.oldObject as Pod | undefined;
  if (pod.spec === undefined || old?.spec === undefined) return;
  if (pod.spec.priority === undefined && old.spec.priority !== undefined) pod.spec.priority = old.spec.priority;
  if (pod.spec.preemptionPolicy === undefined && old.spec.preemptionPolicy !== undefined) pod.spec.preemptionPolicy = old.spec.preemptionPolicy;
}

function classOf(classes: KindCache, name: string): PriorityClass | undefined {
  return classes.get(name)?.object() as PriorityClass | undefined;
}

/** The default with the lowest value, where two servers let in two. */
function defaultClass(classes: KindCache): PriorityClass | undefined {
  let found: PriorityClass | undefined;
  for (const cached of classes.snapshot().range("", "")) {
    const candidate = cached.object() as PriorityClass;
    if (candidate.globalDefault === true && (found === undefined || (candidate.value ?? 0) < (found.value ?? 0))) found = candidate;
  }
  return found;
}

function checkDefault(classes: KindCache, object: PriorityClass): void {
  if (object.globalDefault !== true) return;
  const other = defaultClass(classes);
  if (other === undefined || other.metadata.name === object.metadata.name) return;
  throw forbidden(CLASSES, object.metadata.name ?? "", `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`);
}
