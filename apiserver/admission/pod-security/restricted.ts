import type { PodSpec } from "../../../api/wire.ts";
import { seccomp } from "./baseline.ts";
import { type AnyContainer, containersOf, distinct, named, plural, quoted, setters, type Violation } from "./words.ts";

/** Pod Security Standards, Restricted: hardening that most applications can do with. */
const VOLUME_TYPES = new Set(["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"]);

const isWindows = (spec: PodSpec) => spec.os?.name === "windows";

export function allowPrivilegeEscalation(spec: PodSpec): Violation | undefined {
  const bad = isWindows(spec) ? [] : containersOf(spec).filter((container) => container.securityContext?.allowPrivilegeEscalation !== false);
  return bad.length === 0 ? undefined : { reason: "allowPrivilegeEscalation != false", detail: `${named(bad)} must set securityContext.allowPrivilegeEscalation=false` };
}

export function capabilities(spec: PodSpec): Violation | undefined {
  if (isWindows(spec)) return undefined;
  const added = (container: AnyContainer) => (container.securityContext?.capabilities?.add ?? []).filter((capability) => capability !== "NET_BIND_SERVICE");
  const undropped = containersOf(spec).filter((container) => !(container.securityContext?.capabilities?.drop ?? []).includes("ALL"));
  const adding = containersOf(spec).filter((container) => added(container).length > 0);
  const details = [
    ...(undropped.length > 0 ? [`${named(undropped)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0 ? [`${named(adding)} must not include ${quoted(distinct(adding.flatMap(added)))} in securityContext.capabilities.add`] : []),
  ];
  return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") };
}

export function volumeTypes(spec: PodSpec): Violation | undefined {
  const typeOf = (volume: object) => Object.keys(volume).find((field) => field !== "name") ?? "emptyDir";
  const bad = (spec.volumes ?? []).filter((volume) => !VOLUME_TYPES.has(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = distinct(bad.map(typeOf));
  return {
    reason: "restricted volume types",
    detail: `${plural("volume", "volumes", bad.length)} ${quoted(bad.map(({ name }) => name))} ${plural("uses", "use", bad.length)} ${plural("restricted volume type", "restricted volume types", types.length)} ${quoted(types)}`,
  };
}

export function runAsNonRoot(spec: PodSpec): Violation | undefined {
  const pod = spec.securityContext?.runAsNonRoot;
  const refusing = containersOf(spec).filter((container) => container.securityContext?.runAsNonRoot === false);
  const reason = "runAsNonRoot != true";
  if (pod === false || refusing.length > 0) return { reason, detail: `${setters(pod === false, refusing)} must not set securityContext.runAsNonRoot=false` };
  const silent = pod === true ? [] : containersOf(spec).filter((container) => container.securityContext?.runAsNonRoot === undefined);
  return silent.length === 0 ? undefined : { reason, detail: `pod or ${named(silent)} must set securityContext.runAsNonRoot=true` };
}

export function runAsUser(spec: PodSpec): Violation | undefined {
  const pod = spec.securityContext?.runAsUser === 0;
  const bad = containersOf(spec).filter((container) => container.securityContext?.runAsUser === 0);
  return !pod && bad.length === 0 ? undefined : { reason: "runAsUser=0", detail: `${setters(pod, bad)} must not set runAsUser=0` };
}

export function seccompRequired(spec: PodSpec): Violation | undefined {
  const wrong = seccomp(spec);
  if (wrong !== undefined || isWindows(spec) || spec.securityContext?.seccompProfile !== undefined) return wrong;
  const silent = containersOf(spec).filter((container) => container.securityContext?.seccompProfile === undefined);
  return silent.length === 0 ? undefined : { reason: "seccompProfile", detail: `pod or ${named(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"` };
}
