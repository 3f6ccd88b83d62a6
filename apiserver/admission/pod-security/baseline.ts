import type { Pod, PodSpec } from "../../../api/wire.ts";
import { type AnyContainer, containersOf, distinct, named, plural, quoted, setters, type Violation } from "./words.ts";

/** Pod Security Standards, Baseline: what no pod should need (https://kubernetes.io/docs/concepts/security/pod-security-standards/). */
const CAPABILITIES = new Set(["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"]);
const SELINUX_TYPES = new Set(["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]);
const SYSCTLS = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);
const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";

export function appArmor({ metadata, spec }: Pod): Violation | undefined {
  const isBad = (type: string | undefined) => type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
  const podType = spec?.securityContext?.appArmorProfile?.type;
  const bad = containersOf(spec!).filter((container) => isBad(container.securityContext?.appArmorProfile?.type));
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && value !== "" && value !== "runtime/default" && !value.startsWith("localhost/"));
  const who = [setters(isBad(podType), bad), ...(annotations.length === 0 ? [] : [`${plural("annotation", "annotations", annotations.length)} ${quoted(annotations.map(([key]) => key).sort())}`])].filter(Boolean);
  if (who.length === 0) return undefined;
  const values = distinct([...(isBad(podType) ? [podType ?? ""] : []), ...bad.map((container) => container.securityContext?.appArmorProfile?.type ?? ""), ...annotations.map(([, value]) => value)]);
  return { reason: plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.length), detail: `${who.join(" and ")} must not set AppArmor profile type to ${quoted(values)}` };
}

export function capabilities(spec: PodSpec): Violation | undefined {
  const added = (container: AnyContainer) => (container.securityContext?.capabilities?.add ?? []).filter((capability) => !CAPABILITIES.has(capability));
  const bad = containersOf(spec).filter((container) => added(container).length > 0);
  if (bad.length === 0) return undefined;
  return { reason: "non-default capabilities", detail: `${named(bad)} must not include ${quoted(distinct(bad.flatMap(added)))} in securityContext.capabilities.add` };
}

export function hostNamespaces(spec: PodSpec): Violation | undefined {
  const used = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => spec[field] === true).map((field) => `${field}=true`);
  return used.length === 0 ? undefined : { reason: "host namespaces", detail: used.join(", ") };
}

export function hostPathVolumes(spec: PodSpec): Violation | undefined {
  const names = (spec.volumes ?? []).filter((volume) => volume.hostPath !== undefined).map(({ name }) => name);
  return names.length === 0 ? undefined : { reason: "hostPath volumes", detail: `${plural("volume", "volumes", names.length)} ${quoted(names)}` };
}

export function hostPorts(spec: PodSpec): Violation | undefined {
  const portsOf = (container: AnyContainer) => (container.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
  const bad = containersOf(spec).filter((container) => portsOf(container).length > 0);
  const ports = distinct(bad.flatMap(portsOf));
  if (ports.length === 0) return undefined;
  const what = plural("hostPort", "hostPorts", ports.length);
  return { reason: what, detail: `${named(bad)} ${plural("uses", "use", bad.length)} ${what} ${ports.join(", ")}` };
}

/** Probes and hooks run from the node: they must not be turned against other hosts. */
export function hostsOfProbes(spec: PodSpec): Violation | undefined {
  const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: AnyContainer) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host]).filter((host): host is string => Boolean(host));
  const bad = containersOf(spec).filter((container) => hostsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const hosts = distinct(bad.flatMap(hostsOf));
  return { reason: "probe or lifecycle host", detail: `${named(bad)} ${plural("uses", "use", bad.length)} probe or lifecycle ${plural("host", "hosts", hosts.length)} ${quoted(hosts)}` };
}

export function privileged(spec: PodSpec): Violation | undefined {
  const bad = containersOf(spec).filter((container) => container.securityContext?.privileged === true);
  return bad.length === 0 ? undefined : { reason: "privileged", detail: `${named(bad)} must not set securityContext.privileged=true` };
}

export function procMount(spec: PodSpec): Violation | undefined {
  const typeOf = (container: AnyContainer) => container.securityContext?.procMount ?? "Default";
  const bad = containersOf(spec).filter((container) => typeOf(container) !== "Default");
  return bad.length === 0 ? undefined : { reason: "procMount", detail: `${named(bad)} must not set securityContext.procMount to ${quoted(distinct(bad.map(typeOf)))}` };
}

export function seLinux(spec: PodSpec): Violation | undefined {
  type Options = NonNullable<NonNullable<PodSpec["securityContext"]>["seLinuxOptions"]>;
  const isBad = (options: Options | undefined) => options !== undefined && (!SELINUX_TYPES.has(options.type ?? "") || Boolean(options.user) || Boolean(options.role));
  const podOptions = spec.securityContext?.seLinuxOptions;
  const bad = containersOf(spec).filter((container) => isBad(container.securityContext?.seLinuxOptions));
  const all = [...(isBad(podOptions) ? [podOptions] : []), ...bad.map((container) => container.securityContext?.seLinuxOptions)];
  if (all.length === 0) return undefined;
  const types = distinct(all.map((options) => options?.type ?? "").filter((type) => !SELINUX_TYPES.has(type)));
  const what = [...(types.length > 0 ? [`${plural("type", "types", types.length)} ${quoted(types)}`] : []), ...(all.some((options) => options?.user) ? ["user may not be set"] : []), ...(all.some((options) => options?.role) ? ["role may not be set"] : [])];
  return { reason: "seLinuxOptions", detail: `${setters(isBad(podOptions), bad)} set forbidden securityContext.seLinuxOptions: ${what.join("; ")}` };
}

/** A profile that is set must be a real one; also Restricted's first half. */
export function seccomp(spec: PodSpec): Violation | undefined {
  const isBad = (type: string | undefined) => type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
  const podType = spec.securityContext?.seccompProfile?.type;
  const bad = containersOf(spec).filter((container) => isBad(container.securityContext?.seccompProfile?.type));
  if (!isBad(podType) && bad.length === 0) return undefined;
  const values = distinct([...(isBad(podType) ? [podType ?? ""] : []), ...bad.map((container) => container.securityContext?.seccompProfile?.type ?? "")]);
  return { reason: "seccompProfile", detail: `${setters(isBad(podType), bad)} must not set securityContext.seccompProfile.type to ${quoted(values)}` };
}

export function sysctls(spec: PodSpec): Violation | undefined {
  const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !SYSCTLS.has(name));
  return names.length === 0 ? undefined : { reason: "forbidden sysctls", detail: distinct(names).join(", ") };
}

export function windowsHostProcess(spec: PodSpec): Violation | undefined {
  const pod = spec.securityContext?.windowsOptions?.hostProcess === true;
  const bad = containersOf(spec).filter((container) => container.securityContext?.windowsOptions?.hostProcess === true);
  return !pod && bad.length === 0 ? undefined : { reason: "hostProcess", detail: `${setters(pod, bad)} must not set securityContext.windowsOptions.hostProcess=true` };
}
