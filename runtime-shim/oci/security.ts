import { readFileSync } from "node:fs";
import type { Message } from "../../cri/vocabulary.ts";
import { CriError, messageOf, specFailure, systemCodeOf } from "../errors.ts";
import { readIfExists } from "../os/files.ts";
import { defaultSeccomp, type SeccompMachine } from "./seccomp-profile.ts";

/** Which of Linux' security modules this machine has. */
export interface SecuritySupport {
  readonly seccomp: boolean;
  readonly appArmor: boolean;
  readonly selinux: boolean;
}

type SecurityContext = Message<"LinuxContainerSecurityContext">;

/** Reads it from the kernel. */
export function detectSecurity(): SecuritySupport {
  return {
    seccomp: /^Seccomp:/m.test(readIfExists("/proc/self/status") ?? ""),
    appArmor: (readIfExists("/sys/module/apparmor/parameters/enabled") ?? "").startsWith("Y"),
    selinux: readIfExists("/sys/fs/selinux/enforce") !== undefined,
  };
}

/** The seccomp filter asked for: our default, a file on the host (`localhost`), or none. */
export function seccompOf(context: SecurityContext | undefined, capabilities: readonly string[], support: SecuritySupport, machine: SeccompMachine): unknown {
  const { type, file } = wanted(context);
  if (type === "Unconfined") return undefined;
  if (!support.seccomp) {
    if (type === "Localhost") throw new CriError("FAILED_PRECONDITION", "a seccomp profile is asked for, but this kernel has no seccomp");
    return undefined;
  }
  return type === "RuntimeDefault" ? defaultSeccomp(capabilities, machine) : localProfile(file);
}

function wanted(context: SecurityContext | undefined): { type: keyof typeof import("../../cri/enums.ts").enums.ProfileType; file: string } {
  if (context?.seccomp !== undefined) return { type: context.seccomp.profileType, file: context.seccomp.localhostRef };
  // The field's older form: "", "unconfined", "runtime/default", "docker/default", "localhost/FILE".
  const path = context?.seccompProfilePath ?? "";
  if (path === "" || path === "unconfined") return { type: "Unconfined", file: "" };
  if (path === "runtime/default" || path === "docker/default") return { type: "RuntimeDefault", file: "" };
  if (path.startsWith("localhost/")) return { type: "Localhost", file: path.slice("localhost/".length) };
  throw new CriError("INVALID_ARGUMENT", `seccomp profile ${JSON.stringify(path)} is none of unconfined, runtime/default and localhost/FILE`);
}

function localProfile(file: string): unknown {
  try {
    const profile: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof profile !== "object" || profile === null || !("defaultAction" in profile)) throw new Error("it has no defaultAction");
    return profile;
  } catch (error) {
    const why = systemCodeOf(error) === "ENOENT" ? `open ${file}: no such file or directory` : messageOf(error);
    throw new CriError("UNKNOWN", specFailure(`cannot load seccomp profile ${JSON.stringify(file)}: ${why}`));
  }
}

/** AppArmor profile and SELinux label for the process; FAILED_PRECONDITION where the kernel has no such module. */
export function labelsOf(context: SecurityContext | undefined, support: SecuritySupport): { process: { apparmorProfile?: string; selinuxLabel?: string }; linux: { mountLabel?: string } } {
  return { process: appArmorOf(context, support), linux: selinuxOf(context, support) };
}

function appArmorOf(context: SecurityContext | undefined, support: SecuritySupport): { apparmorProfile?: string } {
  const legacy = context?.apparmorProfile ?? "";
  const profile = context?.apparmor?.profileType === "Localhost" ? context.apparmor.localhostRef : legacy.startsWith("localhost/") ? legacy.slice("localhost/".length) : "";
  if (profile === "") return {};
  if (!support.appArmor) throw new CriError("FAILED_PRECONDITION", `AppArmor profile ${JSON.stringify(profile)} is asked for, but this kernel has no AppArmor`);
  return { apparmorProfile: profile };
}

function selinuxOf(context: SecurityContext | undefined, support: SecuritySupport): { mountLabel?: string } {
  const options = context?.selinuxOptions;
  if (options === undefined || !support.selinux || (options.type === "" && options.level === "")) return {};
  const label = [options.user || "system_u", options.role || "object_r", "container_file_t", options.level || "s0"].join(":");
  return { mountLabel: label };
}
