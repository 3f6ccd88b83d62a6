import type { Container, Pod, PodSpec } from "../../api/wire.ts";

/** `init` containers run one after another before the others; a restartable one is a sidecar (KEP-753). */
export type ContainerKind = "init" | "regular" | "ephemeral";

export interface SpecContainer {
  readonly kind: ContainerKind;
  readonly container: Container;
}

export function specOf(pod: Pod): PodSpec {
  return pod.spec ?? { containers: [] };
}

/** An init container with restartPolicy Always. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

/** All containers of the pod in the order in which they start. */
export function allContainers(pod: Pod): SpecContainer[] {
  const spec = specOf(pod);
  return [
    ...(spec.initContainers ?? []).map((container): SpecContainer => ({ kind: "init", container })),
    ...spec.containers.map((container): SpecContainer => ({ kind: "regular", container })),
    ...(spec.ephemeralContainers ?? []).map((container): SpecContainer => ({ kind: "ephemeral", container: container as Container })),
  ];
}

export function findContainer(pod: Pod, name: string): SpecContainer | undefined {
  return allContainers(pod).find((entry) => entry.container.name === name);
}

const FIELD: Readonly<Record<ContainerKind, string>> = { init: "initContainers", regular: "containers", ephemeral: "ephemeralContainers" };

/** `spec.containers{c}`: how events name a container. */
export function fieldPathOf(entry: SpecContainer): string {
  return `spec.${FIELD[entry.kind]}{${entry.container.name}}`;
}

/** `p_ns(uid)`: how kubelet's messages name a pod. */
export function podText(pod: Pod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
}

export function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? "";
}

export function isHostNetwork(pod: Pod): boolean {
  return pod.spec?.hostNetwork === true;
}

export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === "Succeeded" || phase === "Failed";
}
