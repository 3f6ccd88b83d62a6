import { Quantity } from "../../../api/quantity.ts";
import { forbidden } from "../../../api/status/errors.ts";
import { type Amounts, aggregateContainers } from "../../../api/validation/pod/aggregate.ts";
import type { Container, LimitRange, PersistentVolumeClaim, Pod, ResourceRequirements } from "../../../api/wire.ts";
import type { KindCache } from "../../registry/kind-cache.ts";
import { type AdmissionPlugin, type AdmissionRequest, NOTHING_ELSE } from "../admission.ts";
import { Settled } from "../settled.ts";
import { brokenLimits, type LimitItem } from "./constraints.ts";

const ANNOTATION = "kubernetes.io/limit-ranger";

/** LimitRanges of a namespace: defaults for containers that say nothing, and bounds for pods, containers and claims. */
export function limitRanger(ranges: KindCache, fresh: () => Promise<unknown>): AdmissionPlugin {
  const settled = new Settled(fresh);
  const rangesOf = async ({ namespace, now_ms }: AdmissionRequest): Promise<LimitRange[]> => {
    await settled.wait(now_ms);
    return [...ranges.snapshot().range(`${namespace}/`, `${namespace}0`)].map((cached) => cached.object() as LimitRange);
  };
  const fill = async (request: AdmissionRequest): Promise<void> => {
    for (const range of await rangesOf(request)) setDefaults(request.object as Pod, range);
  };
  const check = async (request: AdmissionRequest): Promise<void> => {
    for (const range of await rangesOf(request)) {
      const broken = isClaim(request) ? claimLimits(request.object as PersistentVolumeClaim, range) : podLimits(request.object as Pod, range);
      const texts = [...new Set(broken)];
      if (texts.length > 0) throw forbidden(request.kind.resource, request.name, texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`);
    }
  };
  const isIdle = ({ now_ms }: AdmissionRequest) => ranges.size === 0 && settled.isQuiet(now_ms);
  return {
    name: "LimitRanger",
    admit: (request) => (isPod(request) && !isIdle(request) ? fill(request) : undefined),
    stamp: (request) => (isPod(request) && !isIdle(request) ? undefined : NOTHING_ELSE),
    validate(request) {
      if (request.kind === ranges.kind) settled.note(request.now_ms);
      return (isPod(request) || isClaim(request)) && !isIdle(request) ? check(request) : undefined;
    },
  };
}

/** A pod's resources are set at its creation; later only `/resize` changes them. */
function isPod({ kind, operation, subresource, object }: AdmissionRequest): boolean {
  if (kind.entry.group !== "" || kind.entry.kind !== "Pod" || object === undefined) return false;
  return operation === "CREATE" ? subresource === "" : operation === "UPDATE" && subresource === "resize";
}

function isClaim({ kind, operation, subresource, object }: AdmissionRequest): boolean {
  if (kind.entry.group !== "" || kind.entry.kind !== "PersistentVolumeClaim" || subresource !== "" || object === undefined) return false;
  return operation === "CREATE" || (operation === "UPDATE" && !object.metadata.deletionTimestamp);
}

function setDefaults(pod: Pod, range: LimitRange): void {
  const limits: Record<string, string> = {};
  const requests: Record<string, string> = {};
  for (const item of range.spec?.limits ?? []) {
    if (item.type !== "Container") continue;
    Object.assign(limits, item.default);
    Object.assign(requests, item.defaultRequest);
  }
  const notes = [
    ...(pod.spec?.containers ?? []).flatMap((container) => fillIn(container, "container", requests, limits)),
    ...(pod.spec?.initContainers ?? []).flatMap((container) => fillIn(container, "init container", requests, limits)),
  ];
  if (notes.length > 0) pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join("; ")}` };
}

/** Sets what the container leaves open; returns the notes for the annotation. */
function fillIn(container: Container, what: string, requests: Readonly<Record<string, string>>, limits: Readonly<Record<string, string>>): string[] {
  const resources: ResourceRequirements = (container.resources ??= {});
  const fill = (field: "requests" | "limits", defaults: Readonly<Record<string, string>>): string[] => {
    const missing = Object.keys(defaults).filter((name) => resources[field]?.[name] === undefined);
    if (missing.length > 0) resources[field] = { ...resources[field], ...Object.fromEntries(missing.map((name) => [name, defaults[name] ?? ""])) };
    return missing.length === 0 ? [] : [`${missing.sort().join(", ")} ${field === "requests" ? "request" : "limit"} for ${what} ${container.name}`];
  };
  return [...fill("requests", requests), ...fill("limits", limits)];
}

function podLimits(pod: Pod, range: LimitRange): string[] {
  const { spec } = pod;
  if (spec === undefined) return [];
  return (range.spec?.limits ?? []).flatMap((item) => {
    const limit = item as LimitItem;
    if (item.type === "Container") return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) => brokenLimits(limit, amounts(resources?.requests), amounts(resources?.limits)));
    if (item.type !== "Pod") return [];
    const whole = (field: "requests" | "limits"): Amounts => new Map([...aggregateContainers(spec, (container) => container.resources?.[field]), ...amounts(spec.resources?.[field])]);
    return brokenLimits(limit, whole("requests"), whole("limits"));
  });
}

function claimLimits(claim: PersistentVolumeClaim, range: LimitRange): string[] {
  return (range.spec?.limits ?? []).flatMap((item) => (item.type === "PersistentVolumeClaim" ? brokenLimits(item as LimitItem, amounts(claim.spec?.resources?.requests), new Map(), true) : []));
}

function amounts(list: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, Quantity.parse(text)]));
}
