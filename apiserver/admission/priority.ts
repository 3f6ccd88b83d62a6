import { forbidden } from "../../api/status/errors.ts";
import type { Pod, PriorityClass } from "../../api/wire.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./admission.ts";

const PODS = { group: "", resource: "pods" };
const CLASSES = { group: "scheduling.k8s.io", resource: "priorityclasses" };
const PREEMPT = "PreemptLowerPriority";

/** A pod's priority comes from its class alone; there is at most one default class. */
export function priority(classes: KindCache, fresh: () => Promise<unknown>): AdmissionPlugin {
  return {
    name: "Priority",
    async admit(request) {
      if (request.subresource !== "" || request.object === undefined || request.kind.entry.kind !== "Pod") return;
      if (request.operation === "CREATE") await setPriority(classes, fresh, request);
      else if (request.operation === "UPDATE") keepPriority(request);
    },
    validate(request) {
      if (request.kind !== classes.kind || request.object === undefined || request.operation === "DELETE") return;
      checkDefault(classes, request.object as PriorityClass);
    },
  };
}

async function setPriority(classes: KindCache, fresh: () => Promise<unknown>, request: AdmissionRequest): Promise<void> {
  const pod = request.object as Pod;
  if (pod.spec === undefined) return;
  const name = pod.spec.priorityClassName ?? "";
  let found = name === "" ? defaultClass(classes) : classOf(classes, name);
  if (found === undefined && name !== "") {
    await fresh();
    found = classOf(classes, name);
    if (found === undefined) throw forbidden(PODS, request.name, `no PriorityClass with name ${name} was found`);
  }
  const value = found?.value ?? 0;
  const policy = found?.preemptionPolicy ?? PREEMPT;
  if (found !== undefined && name === "") pod.spec.priorityClassName = found.metadata.name ?? "";
  const given = pod.spec.priority;
  if (given !== undefined && given !== value) {
    throw forbidden(PODS, request.name, `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`);
  }
  const givenPolicy = pod.spec.preemptionPolicy;
  if (givenPolicy !== undefined && givenPolicy !== policy) {
    throw forbidden(PODS, request.name, `the string value of PreemptionPolicy (${givenPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`);
  }
  pod.spec.priority = value;
  pod.spec.preemptionPolicy = policy;
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
