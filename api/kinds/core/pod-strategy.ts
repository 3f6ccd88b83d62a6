import { rfc3339 } from "../../../lib/clock.ts";
import { defaultBesideSpec, defaultPod, dropInitContainerAnnotations } from "../../defaults/pod.ts";
import { mirrorServiceAccount } from "../../defaults/pod-spec.ts";
import { fieldPath } from "../../status/field-path.ts";
import { ipWarnings } from "../../validation/ip.ts";
import { dns1123Label } from "../../validation/names.ts";
import { isSpecApart, validatePodCreate, validatePodOfKnownSpec } from "../../validation/pod/pod.ts";
import { validatePodResize } from "../../validation/pod/pod-resize.ts";
import { validatePodStatusUpdate } from "../../validation/pod/pod-status.ts";
import { samePodSpec, validateEphemeralUpdate, validatePodUpdate } from "../../validation/pod/pod-update.ts";
import { qosClass } from "../../validation/pod/qos.ts";
import { podWarnings } from "../../validation/pod/warnings.ts";
import type { Container, Pod, PodCondition, PodSpec } from "../../wire.ts";
import type { Strategy, StrategyContext, UpdateStrategy } from "../kind.ts";
import { dropDisabledPodFields } from "./disabled-fields.ts";
import { fieldsFromAppArmor, mergeMatchLabelKeys } from "./pod-create.ts";

export const podStrategy: Strategy<Pod> = {
  returnDeletedObject: true,
  applyDefaults: defaultPod,
  prepareForCreate(pod, context) {
    const spec = (pod.spec ??= { containers: [] });
    mirrorServiceAccount(spec);
    dropDisabledPodFields(spec);
    prepareBesideSpec(pod, context);
    mergeMatchLabelKeys(pod);
    fieldsFromAppArmor(pod, context.warn ?? (() => {}));
  },
  validate: (pod, context) => validatePodCreate(pod, context.allowPrivileged ?? false),
  warnings(pod, old) {
    if (old) return [];
    return [...nameWarnings(pod), ...podWarnings(pod.metadata, pod.spec ?? { containers: [] })];
  },
  alike: { isSpecApart, applyDefaults: defaultBesideSpec, prepareForCreate: prepareBesideSpec, validate: validatePodOfKnownSpec, warnings: nameWarnings },
  prepareForUpdate(pod, old) {
    carry(pod, old, "status");
    if (pod.spec) {
      mirrorServiceAccount(pod.spec);
      dropDisabledPodFields(pod.spec);
    }
    bumpGeneration(pod, old);
  },
  validateUpdate: (pod, old, context) => validatePodUpdate(pod, old, context.allowPrivileged ?? false),
  gracePeriod_s(pod, requested_s) {
    const phase = pod.status?.phase;
    if (!pod.spec?.nodeName || phase === "Failed" || phase === "Succeeded") return 0;
    const period_s = requested_s ?? pod.spec.terminationGracePeriodSeconds ?? 0;
    return period_s < 0 ? 1 : period_s;
  },
};

function prepareBesideSpec(pod: Pod, context: StrategyContext): void {
  pod.metadata.generation = 1;
  dropInitContainerAnnotations(pod.metadata);
  pod.status = { phase: "Pending", qosClass: qosClass(pod) };
  if (pod.spec?.schedulingGates?.length) pod.status.conditions = [gatedCondition(context.now_ms)];
}

function nameWarnings({ metadata }: Pod): string[] {
  const messages = dns1123Label(metadata.name ?? "");
  return messages.length === 0 ? [] : [`metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${messages.join(" ")}]`];
}

function gatedCondition(now_ms: number): PodCondition {
  return { type: "PodScheduled", status: "False", lastTransitionTime: rfc3339(now_ms), reason: "SchedulingGated", message: "Scheduling is blocked due to non-empty scheduling gates" };
}

function carry<K extends "spec" | "status">(pod: Pod, old: Pod, field: K): void {
  const value = old[field];
  if (value === undefined) delete pod[field];
  else pod[field] = value;
}

function bumpGeneration(pod: Pod, old: Pod): void {
  pod.metadata.generation = (old.metadata.generation ?? 0) + (samePodSpec(pod.spec, old.spec) ? 0 : 1);
}

/** /status: the status changes, and metadata but for who owns the pod. */
export const podStatusStrategy: UpdateStrategy<Pod> = {
  prepareForUpdate(pod, old) {
    carry(pod, old, "spec");
    delete pod.metadata.deletionTimestamp;
    if (old.metadata.deletionTimestamp) pod.metadata.deletionTimestamp = old.metadata.deletionTimestamp;
    if (old.metadata.ownerReferences) pod.metadata.ownerReferences = old.metadata.ownerReferences;
    else delete pod.metadata.ownerReferences;
    const status = (pod.status ??= {});
    if (!status.qosClass && old.status?.qosClass) status.qosClass = old.status.qosClass;
    keepObservedGenerations(status, old.status ?? {});
  },
  validateUpdate: (pod, old) => validatePodStatusUpdate(pod, old),
  warnings: ({ status }) => [...addressWarnings(status?.podIPs, "podIPs"), ...addressWarnings(status?.hostIPs, "hostIPs")],
};

function addressWarnings(addresses: readonly { ip?: string }[] | undefined, field: string): string[] {
  return (addresses ?? []).flatMap(({ ip = "" }, i) => ipWarnings(ip, fieldPath("status", field).index(i).child("ip")));
}

/** A client that does not know observedGeneration does not remove it. */
function keepObservedGenerations(status: NonNullable<Pod["status"]>, old: NonNullable<Pod["status"]>): void {
  if (!status.observedGeneration && old.observedGeneration) status.observedGeneration = old.observedGeneration;
  const before = [...(old.conditions ?? [])];
  for (const condition of status.conditions ?? []) {
    const i = before.findIndex((other) => other.type === condition.type);
    if (i < 0) continue;
    const [other] = before.splice(i, 1);
    if (!condition.observedGeneration && other?.observedGeneration) condition.observedGeneration = other.observedGeneration;
  }
}

/** The stored pod with only `change` of the request: whatever else was sent is ignored. */
function onlyFrom(pod: Pod, old: Pod, change: (result: Pod) => void): void {
  const result = structuredClone(old);
  for (const field of ["name", "namespace", "resourceVersion", "uid", "managedFields"] as const) {
    const value = pod.metadata[field];
    if (value === undefined) delete result.metadata[field];
    else Object.assign(result.metadata, { [field]: value });
  }
  change(result);
  bumpGeneration(result, old);
  Object.assign(pod, result);
}

/** /ephemeralcontainers. */
export const podEphemeralStrategy: UpdateStrategy<Pod> = {
  prepareForUpdate(pod, old) {
    const added = pod.spec?.ephemeralContainers;
    onlyFrom(pod, old, (result) => {
      const spec = (result.spec ??= { containers: [] });
      if (added) spec.ephemeralContainers = added;
      else delete spec.ephemeralContainers;
    });
  },
  validateUpdate: (pod, old, context) => validateEphemeralUpdate(pod, old, context.allowPrivileged ?? false),
};

/** The stored containers with the resources that are wanted; as they came where one has another name, which is refused. */
function withResources(wanted: readonly Container[], stored: readonly Container[]): Container[] {
  if (wanted.some(({ name }, i) => name !== stored[i]?.name)) return [...wanted];
  return stored.map((container, i) => {
    const { resources: _resources, resizePolicy: _policy, ...rest } = container;
    const { resources, resizePolicy } = wanted[i] ?? {};
    return { ...rest, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) };
  });
}

/** /resize: resources and resize policies, of containers that are there. */
export const podResizeStrategy: UpdateStrategy<Pod> = {
  prepareForUpdate(pod, old) {
    const wanted = pod.spec ?? { containers: [] };
    const isSame = (list: "containers" | "initContainers") => (wanted[list]?.length ?? 0) === (old.spec?.[list]?.length ?? 0);
    if (!isSame("containers") || !isSame("initContainers")) {
      bumpGeneration(pod, old); // what is refused, as it came
      return;
    }
    onlyFrom(pod, old, (result) => {
      const spec = (result.spec ??= { containers: [] });
      for (const list of ["containers", "initContainers"] as const) if (spec[list]) spec[list] = withResources(wanted[list] ?? [], spec[list]) as PodSpec["containers"];
      if (wanted.resources) spec.resources = wanted.resources;
      else delete spec.resources;
    });
  },
  validateUpdate: (pod, old, context) => validatePodResize(pod, old, context.allowPrivileged ?? false),
};
