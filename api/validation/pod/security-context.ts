import { forbidden, invalid, notSupportedInOrder, required, tooLong } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { AppArmorProfile, PodSecurityContext, PodSpec, SeccompProfile, SecurityContext } from "../../wire.ts";
import { type Errors, invalidEachAt, localDescendingPath, optionalEnum } from "../common.ts";
import { internalJson } from "../internal-json.ts";
import { byteLength, userOrGroupId } from "../names.ts";
import type { PodOptions } from "./options.ts";
import { validateSysctls } from "./sysctls.ts";
import { validateWindowsOptions } from "./windows.ts";

const PROFILE_PATH_LIMIT_BYTES = 4095;
const profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"];

/** Security settings of a container. `hostUsers` is false when the pod has a user namespace of its own. */
export function validateSecurityContext(context: SecurityContext, hostUsers: boolean, options: PodOptions, path: FieldPath, errors: Errors): void {
  if (context.privileged && !options.allowPrivileged) errors.push(forbidden(path.child("privileged"), "disallowed by cluster policy"));
  validateId(context.runAsUser, path, "runAsUser", errors);
  validateId(context.runAsGroup, path, "runAsGroup", errors);
  if (context.procMount !== undefined) {
    if (context.procMount !== "Default" && context.procMount !== "Unmasked") errors.push(notSupportedInOrder(path.child("procMount"), context.procMount, ["Default", "Unmasked"]));
    if (hostUsers && context.procMount === "Unmasked") errors.push(invalid(path.child("procMount"), context.procMount, "`hostUsers` must be false to use `Unmasked`"));
  }
  if (context.seccompProfile) validateSeccompProfile(context.seccompProfile, path.child("seccompProfile"), errors);
  if (context.allowPrivilegeEscalation === false) validateNoEscalation(context, path, errors);
  if (context.windowsOptions) validateWindowsOptions(context.windowsOptions, path.child("windowsOptions"), errors);
  if (context.appArmorProfile) validateAppArmorProfile(context.appArmorProfile, path.child("appArmorProfile"), errors);
}

function validateNoEscalation(context: SecurityContext, path: FieldPath, errors: Errors): void {
  const refuse = (text: string) => errors.push(invalid(path, internalJson("io.k8s.api.core.v1.SecurityContext", context), `cannot set \`allowPrivilegeEscalation\` to false and ${text}`));
  if (context.privileged) refuse("`privileged` to true");
  for (const capability of context.capabilities?.add ?? []) if (capability === "CAP_SYS_ADMIN") refuse("`capabilities.Add` CAP_SYS_ADMIN");
}

function validateId(id: number | undefined, path: FieldPath, field: string, errors: Errors): void {
  if (id !== undefined) invalidEachAt(userOrGroupId(id), id, path, field, errors);
}

/** Security settings of a pod as a whole, wherever its spec stands. */
export function validatePodSecurityContext(context: PodSecurityContext, spec: PodSpec, path: FieldPath, errors: Errors): void {
  validateId(context.fsGroup, path, "fsGroup", errors);
  validateId(context.runAsUser, path, "runAsUser", errors);
  validateId(context.runAsGroup, path, "runAsGroup", errors);
  context.supplementalGroups?.forEach((id, i) => {
    if (userOrGroupId(id).length > 0) errors.push(invalid(path.child("supplementalGroups").index(i), id, userOrGroupId(id)[0] ?? ""));
  });
  if (spec.shareProcessNamespace && spec.hostPID) errors.push(invalid(path.child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled"));
  if (context.sysctls) validateSysctls(context.sysctls, spec, path.child("sysctls"), errors);
  optionalEnum(context.fsGroupChangePolicy, ["OnRootMismatch", "Always"], path, "fsGroupChangePolicy", errors);
  if (context.seccompProfile) validateSeccompProfile(context.seccompProfile, path.child("seccompProfile"), errors);
  if (context.windowsOptions) validateWindowsOptions(context.windowsOptions, path.child("windowsOptions"), errors);
  if (context.appArmorProfile) validateAppArmorProfile(context.appArmorProfile, path.child("appArmorProfile"), errors);
  optionalEnum(context.supplementalGroupsPolicy, ["Merge", "Strict"], path, "supplementalGroupsPolicy", errors);
  optionalEnum(context.seLinuxChangePolicy, ["Recursive"], path, "seLinuxChangePolicy", errors);
}

function validateSeccompProfile(profile: SeccompProfile, path: FieldPath, errors: Errors): void {
  if (!profile.type) errors.push(required(path.child("type"), "type is required when seccompProfile is set"));
  else if (!profileTypes.includes(profile.type)) errors.push(notSupportedInOrder(path.child("type"), profile.type, profileTypes));
  const at = path.child("localhostProfile");
  if (profile.type === "Localhost") {
    if (profile.localhostProfile === undefined) errors.push(required(at, "must be set when seccomp type is Localhost"));
    else localDescendingPath(profile.localhostProfile, at, errors);
  } else if (profile.localhostProfile !== undefined) {
    errors.push(invalid(at, internalJson("io.k8s.api.core.v1.SeccompProfile", profile), "can only be set when seccomp type is Localhost"));
  }
}

function validateAppArmorProfile(profile: AppArmorProfile, path: FieldPath, errors: Errors): void {
  const at = path.child("localhostProfile");
  const name = profile.localhostProfile;
  switch (profile.type) {
    case "Localhost":
      if (name === undefined) errors.push(required(at, "must be set when AppArmor type is Localhost"));
      else {
        if (name.trim() !== name) errors.push(invalid(at, name, "must not be padded with whitespace"));
        else if (name === "") errors.push(required(at, "must be set when AppArmor type is Localhost"));
        if (byteLength(name) > PROFILE_PATH_LIMIT_BYTES) errors.push(tooLong(at, PROFILE_PATH_LIMIT_BYTES));
      }
      break;
    case "RuntimeDefault":
    case "Unconfined":
      if (name !== undefined) errors.push(invalid(at, name, "can only be set when AppArmor type is Localhost"));
      break;
    case "":
    case undefined:
      errors.push(required(path.child("type"), "type is required when appArmorProfile is set"));
      break;
    default:
      errors.push(notSupportedInOrder(path.child("type"), profile.type, profileTypes));
  }
}
