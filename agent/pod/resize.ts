import { Quantity } from "../../api/quantity.ts";
import type { Container, Pod } from "../../api/wire.ts";
import { specOf } from "./spec.ts";

type Resources = NonNullable<Container["resources"]>;

/** A container whose resources change, and whether it has to be started anew for that (its resizePolicy says so of one that changes). */
export interface ResizedContainer {
  readonly name: string;
  readonly restarts: boolean;
}

/** Why what is wanted is not granted: not now, or never on this node. */
export interface ResizeRefusal {
  readonly reason: "Deferred" | "Infeasible";
  readonly message: string;
}

/** In-place resize (KEP-1287): how far the pod's wish for other resources has come. */
export interface Resize {
  /** As the API server has the pod, while it asks for other resources than those granted. */
  readonly wanted: Pod | undefined;
  readonly refusal: ResizeRefusal | undefined;
  /** `due`: granted; `busy`: limits are being written; `restarts`: containers that must go are on their way. */
  readonly step: "none" | "due" | "busy" | "restarts";
  /** The pod before. */
  readonly from: Pod | undefined;
  /** Ids of containers that must go, by name. */
  readonly restarts: ReadonlyMap<string, string>;
  /** Writing limits failed. */
  readonly error: string | undefined;
  readonly retryAt_ms: number;
}

export const noResize: Resize = { wanted: undefined, refusal: undefined, step: "none", from: undefined, restarts: new Map(), error: undefined, retryAt_ms: 0 };

/** The pod with the resources that containers of the same name have in `granted`. */
export function withResourcesOf(pod: Pod, granted: Pod): Pod {
  const resources = new Map([...(specOf(granted).initContainers ?? []), ...specOf(granted).containers].map((container) => [container.name, container.resources]));
  const of = (container: Container): Container => {
    const { resources: _wanted, ...rest } = container;
    const own = resources.has(container.name) ? resources.get(container.name) : container.resources;
    return own === undefined ? rest : { ...rest, resources: own };
  };
  const spec = specOf(pod);
  return { ...pod, spec: { ...spec, containers: spec.containers.map(of), ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(of) }) } };
}

/** The pod with the resources that its status says its containers have: what an earlier run of the agent granted. */
export function withGrantedResources(pod: Pod): Pod {
  const known = new Map([...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].map((status) => [status.name, status]));
  const of = (container: Container): Container => {
    const granted = known.get(container.name)?.resources;
    return granted === undefined ? container : { ...container, resources: { ...container.resources, ...granted } };
  };
  const spec = specOf(pod);
  return { ...pod, spec: { ...spec, containers: spec.containers.map(of), ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(of) }) } };
}

/** Containers whose CPU or memory differ between two versions of a pod. */
export function resizedContainers(from: Pod, to: Pod): ResizedContainer[] {
  const before = new Map([...(specOf(from).initContainers ?? []), ...specOf(from).containers].map((container) => [container.name, container.resources ?? {}]));
  return [...(specOf(to).initContainers ?? []), ...specOf(to).containers].flatMap((container) => {
    const changed = RESIZABLE.filter((name) => !isSame(before.get(container.name) ?? {}, container.resources ?? {}, name));
    const restarts = changed.some((name) => container.resizePolicy?.some((policy) => policy.resourceName === name && policy.restartPolicy === "RestartContainer"));
    return changed.length === 0 ? [] : [{ name: container.name, restarts }];
  });
}

const RESIZABLE = ["cpu", "memory"] as const;

function isSame(a: Resources, b: Resources, name: string): boolean {
  return (["limits", "requests"] as const).every((side) => {
    const [one, other] = [a[side]?.[name], b[side]?.[name]];
    return one === other || (one !== undefined && other !== undefined && Quantity.parse(one).compare(Quantity.parse(other)) === 0);
  });
}

/** What events say of a resize: the pod's resources as JSON, after kubelet's form. */
export function resizeSummary(pod: Pod, error?: string): string {
  const spec = specOf(pod);
  const of = ({ name, resources = {} }: Container) => ({ name, resources: { ...(resources.limits === undefined ? {} : { limits: sorted(resources.limits) }), ...(resources.requests === undefined ? {} : { requests: sorted(resources.requests) }) } });
  return JSON.stringify({
    ...((spec.initContainers ?? []).length === 0 ? {} : { initContainers: spec.initContainers?.map(of) }),
    containers: spec.containers.map(of),
    generation: pod.metadata.generation,
    ...(error === undefined ? {} : { error }),
  });
}

function sorted(amounts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
