import { duplicate, invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { PodSecurityContext, PodSpec } from "../../wire.ts";
import type { Errors } from "../common.ts";

const NAME_LIMIT = 253;
const NAME_TEXT = String.raw`must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`;
const ipcSysctls = new Set(["kernel.sem"]);
const ipcPrefixes = ["kernel.shm", "kernel.msg", "fs.mqueue."];

/** Kernel parameters of a pod: named well, once, and not in a namespace that the pod shares with the host. */
export function validateSysctls(sysctls: NonNullable<PodSecurityContext["sysctls"]>, spec: PodSpec, path: FieldPath, errors: Errors): void {
  const names = new Set<string>();
  sysctls.forEach(({ name = "" }, i) => {
    const at = path.index(i).child("name");
    if (name === "") errors.push(required(at));
    else if (!isSysctlName(name)) errors.push(invalid(at, name, NAME_TEXT));
    else if (names.has(name)) errors.push(duplicate(at, name));
    const space = namespaceOf(name);
    if (spec.hostNetwork && space === "net") errors.push(invalid(at, name, "may not be specified when 'hostNetwork' is true"));
    else if (spec.hostIPC && space === "ipc") errors.push(invalid(at, name, "may not be specified when 'hostIPC' is true"));
    names.add(name);
  });
}

/** Segments of lower case letters and digits with inner dashes and underscores, joined by dots or slashes. */
function isSysctlName(name: string): boolean {
  return name.length <= NAME_LIMIT && name.split(/[./]/).every((segment) => /^[a-z0-9][-_a-z0-9]*$/.test(segment) && /[a-z0-9]$/.test(segment));
}

function namespaceOf(name: string): "net" | "ipc" | undefined {
  const dotted = dottedName(name);
  if (ipcSysctls.has(dotted) || ipcPrefixes.some((prefix) => dotted.startsWith(prefix))) return "ipc";
  return dotted.startsWith("net.") ? "net" : undefined;
}

/** `net/ipv4/conf` is `net.ipv4.conf`: where the first separator is a slash, slashes and dots change places (sysctl.d(5)). */
function dottedName(name: string): string {
  const first = name.search(/[./]/);
  if (first < 0 || name[first] === ".") return name;
  return name.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
}
