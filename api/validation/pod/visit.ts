import type { FieldPath } from "../../status/field-path.ts";
import type { Container, PodSpec } from "../../wire.ts";

/** Makes the container's path below the spec's; called only where something is wrong. */
export type PathBelow = (spec: FieldPath) => FieldPath;

/** In Kubernetes' order. */
export const CONTAINER_LISTS = ["initContainers", "containers", "ephemeralContainers"] as const;

/** Init containers, then the containers, then ephemeral ones: Kubernetes' order. */
export function visitContainers(spec: PodSpec, visitor: (container: Container, at: PathBelow) => void): void {
  for (const list of CONTAINER_LISTS) {
    const containers = spec[list];
    if (!containers) continue;
    for (let i = 0; i < containers.length; i++) {
      const container = containers[i];
      if (container) visitor(container as Container, (path) => path.child(list).index(i));
    }
  }
}
