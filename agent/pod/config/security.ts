import { join } from "node:path";
import { goQuote } from "../../../api/status/go-text.ts";
import type { Container, Pod } from "../../../api/wire.ts";
import type { Init } from "../../../cri/vocabulary.ts";
import { podText, specOf } from "../spec.ts";

/** The user that an image names: a number, a name, or neither (root). */
export interface ImageUser {
  readonly uid?: number;
  readonly username?: string;
}

type SecurityContext = NonNullable<Container["securityContext"]>;
type Profile = NonNullable<SecurityContext["seccompProfile"]>;

/** What of /proc and /sys containers do not see, and see read-only, unless procMount says otherwise. */
const MASKED_PATHS = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];
const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** A field of the container's security context, else of the pod's. */
function effective<K extends "runAsUser" | "runAsGroup" | "runAsNonRoot" | "seLinuxOptions" | "seccompProfile" | "appArmorProfile">(pod: Pod, container: Container, field: K): SecurityContext[K] {
  return container.securityContext?.[field] ?? (specOf(pod).securityContext?.[field] as SecurityContext[K]);
}

/** Refuses a container that must not run as root and would, or may. @throws Error with kubelet's words */
export function checkNonRoot(pod: Pod, container: Container, image: ImageUser): void {
  if (effective(pod, container, "runAsNonRoot") !== true) return;
  const where = `(pod: ${goQuote(podText(pod))}, container: ${container.name})`;
  const user = effective(pod, container, "runAsUser");
  if (user !== undefined) {
    if (user === 0) throw new Error(`container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  if (image.username !== undefined) throw new Error(`container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`);
  if ((image.uid ?? 0) === 0) throw new Error(`container has runAsNonRoot and image will run as root ${where}`);
}

/** Which namespaces the pod shares, and with whom. `targetId`: of an ephemeral container. */
export function namespaceOptions(pod: Pod, targetId?: string): Init<"NamespaceOption"> {
  const spec = specOf(pod);
  const pid = spec.hostPID ? "NODE" : targetId !== undefined ? "TARGET" : spec.shareProcessNamespace ? "POD" : "CONTAINER";
  return { network: spec.hostNetwork ? "NODE" : "POD", ipc: spec.hostIPC ? "NODE" : "POD", pid, ...(targetId === undefined ? {} : { targetId }) };
}

function profileOf(profile: Profile | undefined, root: string): Init<"SecurityProfile"> {
  if (profile?.type === "RuntimeDefault") return { profileType: "RuntimeDefault" };
  if (profile?.type === "Localhost") return { profileType: "Localhost", localhostRef: join(root, profile.localhostProfile ?? "") };
  return { profileType: "Unconfined" };
}

function appArmorOf(profile: SecurityContext["appArmorProfile"]): Init<"SecurityProfile"> | undefined {
  if (profile === undefined) return undefined;
  if (profile.type === "Localhost") return { profileType: "Localhost", localhostRef: profile.localhostProfile ?? "" };
  return { profileType: profile.type === "Unconfined" ? "Unconfined" : "RuntimeDefault" };
}

export interface SecurityInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly imageUser: ImageUser;
  /** Folder of Localhost seccomp profiles. */
  readonly seccompRoot: string;
  readonly targetId?: string | undefined;
}

/** The container's security context as the runtime wants it. */
export function securityContext(input: SecurityInput): Init<"LinuxContainerSecurityContext"> {
  const { pod, container, imageUser } = input;
  const own = container.securityContext ?? {};
  const podContext = specOf(pod).securityContext ?? {};
  const uid = effective(pod, container, "runAsUser") ?? imageUser.uid ?? (imageUser.username === undefined ? 0 : undefined);
  const gid = effective(pod, container, "runAsGroup");
  const selinux = effective(pod, container, "seLinuxOptions");
  const apparmor = appArmorOf(effective(pod, container, "appArmorProfile"));
  const isUnmasked = own.privileged === true || own.procMount === "Unmasked";
  return {
    namespaceOptions: namespaceOptions(pod, input.targetId),
    privileged: own.privileged ?? false,
    capabilities: { addCapabilities: own.capabilities?.add ?? [], dropCapabilities: own.capabilities?.drop ?? [] },
    ...(uid === undefined ? { runAsUsername: imageUser.username ?? "" } : { runAsUser: { value: uid } }),
    ...(gid === undefined ? {} : { runAsGroup: { value: gid } }),
    ...(selinux === undefined ? {} : { selinuxOptions: selinux }),
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    supplementalGroups: [...(podContext.fsGroup === undefined ? [] : [podContext.fsGroup]), ...(podContext.supplementalGroups ?? [])],
    supplementalGroupsPolicy: podContext.supplementalGroupsPolicy === "Strict" ? "Strict" : "Merge",
    noNewPrivs: own.allowPrivilegeEscalation === false,
    seccomp: own.privileged === true ? { profileType: "Unconfined" } : profileOf(effective(pod, container, "seccompProfile"), input.seccompRoot),
    ...(apparmor === undefined ? {} : { apparmor }),
    ...(isUnmasked ? {} : { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS }),
  };
}

/** The sandbox's own. */
export function sandboxSecurityContext(pod: Pod): Init<"LinuxSandboxSecurityContext"> {
  const context = specOf(pod).securityContext ?? {};
  return {
    namespaceOptions: namespaceOptions(pod),
    privileged: specOf(pod).containers.some((container) => container.securityContext?.privileged === true),
    ...(context.runAsUser === undefined ? {} : { runAsUser: { value: context.runAsUser } }),
    ...(context.runAsGroup === undefined ? {} : { runAsGroup: { value: context.runAsGroup } }),
    ...(context.seLinuxOptions === undefined ? {} : { selinuxOptions: context.seLinuxOptions }),
    supplementalGroups: [...(context.fsGroup === undefined ? [] : [context.fsGroup]), ...(context.supplementalGroups ?? [])],
    seccomp: { profileType: "RuntimeDefault" },
  };
}
