import type { Pod } from "../../../api/wire.ts";
import { uidOf } from "../spec.ts";

/** Labels and annotations by which the agent finds its own again; kubelet's names, so that tools for the runtime show pods. */
export const POD_NAME = "io.kubernetes.pod.name";
export const POD_NAMESPACE = "io.kubernetes.pod.namespace";
export const POD_UID = "io.kubernetes.pod.uid";
export const CONTAINER_NAME = "io.kubernetes.container.name";
export const RESTART_COUNT = "io.kubernetes.container.restartCount";
export const HASH = "io.kubernetes.container.hash";
export const MESSAGE_PATH = "io.kubernetes.container.terminationMessagePath";
export const MESSAGE_POLICY = "io.kubernetes.container.terminationMessagePolicy";
export const GRACE = "io.kubernetes.pod.terminationGracePeriod";
/** Which agent's: several may share a runtime in tests. */
export const NODE = "berth.dev/node";

export function podLabels(pod: Pod, nodeName: string): Record<string, string> {
  return {
    [POD_NAME]: pod.metadata.name ?? "",
    [POD_NAMESPACE]: pod.metadata.namespace ?? "",
    [POD_UID]: uidOf(pod),
    [NODE]: nodeName,
  };
}
