import { forbidden, invalid } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Container, PodSpec, SecurityContext, WindowsSecurityContextOptions } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { byteLength, dns1123Subdomain } from "../names.ts";
import type { PodOptions } from "./options.ts";
import { visitContainers } from "./visit.ts";

const CREDENTIAL_SPEC_LIMIT_BYTES = 64 * 1024;
const DOMAIN_LIMIT = 256;
const USER_LIMIT = 104;
const NOT_FOR_WINDOWS = "cannot be set for a windows pod";

/** Settings that only Windows knows; checked on every pod. */
export function validateWindowsOptions(options: WindowsSecurityContextOptions, path: FieldPath, errors: Errors): void {
  const name = options.gmsaCredentialSpecName;
  if (name !== undefined) invalidEach(dns1123Subdomain(name), name, path.child("gmsaCredentialSpecName"), errors);
  const spec = options.gmsaCredentialSpec;
  if (spec === "") errors.push(invalid(path.child("gmsaCredentialSpec"), spec, "gmsaCredentialSpec cannot be an empty string"));
  else if (spec !== undefined && byteLength(spec) > CREDENTIAL_SPEC_LIMIT_BYTES) errors.push(invalid(path.child("gmsaCredentialSpec"), spec, "gmsaCredentialSpec size must be under 64 KiB"));
  if (options.runAsUserName !== undefined) {
    for (const text of userNameMessages(options.runAsUserName)) errors.push(invalid(path.child("runAsUserName"), options.runAsUserName, text));
  }
}

/** `DOMAIN\user` or `user`. */
function userNameMessages(value: string): string[] {
  if (value === "") return ["runAsUserName cannot be an empty string"];
  if (/[\u0000-\u001f\u007f]/.test(value)) return ["runAsUserName cannot contain control characters"];
  const parts = value.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const user = parts.at(-1) ?? "";
  const domain = parts.length === 2 ? (parts[0] ?? "") : undefined;
  const messages: string[] = [];
  if (domain !== undefined && byteLength(domain) >= DOMAIN_LIMIT) messages.push("runAsUserName's Domain length must be under 256 characters");
  if (domain !== undefined && !isNetBiosName(domain) && !isDnsName(domain)) messages.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === "") messages.push("runAsUserName's User cannot be empty");
  else if (byteLength(user) > USER_LIMIT) messages.push("runAsUserName's User length must not be longer than 104 characters");
  if (/^[. ]+$/.test(user)) messages.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) messages.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  return messages;
}

function isNetBiosName(domain: string): boolean {
  return domain.length <= 15 && /^[^\\/:*?"<>|.][^\\/:*?"<>|]*$/.test(domain);
}

function isDnsName(domain: string): boolean {
  return domain.split(".").every((label) => label.length <= 63 && /^[a-zA-Z0-9][a-zA-Z0-9-]*$/.test(label) && !label.endsWith("-"));
}

/** A host process container takes the whole pod with it: all containers, the host's network, and the cluster's permission. */
export function validateHostProcess(spec: PodSpec, options: PodOptions, path: FieldPath, errors: Errors): void {
  const podWide = spec.securityContext?.windowsOptions?.hostProcess;
  let containers = 0;
  let hostProcesses = 0;
  visitContainers(spec, (container, at) => {
    containers++;
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (podWide !== undefined && own !== undefined && podWide !== own) {
      errors.push(invalid(at(path).child("securityContext", "windowsOptions", "hostProcess"), own, `pod hostProcess value must be identical if both are specified, was ${podWide}`));
    }
    if (own ?? podWide) hostProcesses++;
  });
  if (hostProcesses === 0) return;
  if (hostProcesses !== containers) errors.push(invalid(path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers"));
  if (!spec.hostNetwork) errors.push(invalid(path.child("hostNetwork"), false, "hostNetwork must be true if pod contains any hostProcess containers"));
  if (!options.allowPrivileged) errors.push(forbidden(path, "hostProcess containers are disallowed by cluster policy"));
}

/** What a pod that says it is for Linux may not have. */
export function validateLinux(spec: PodSpec, path: FieldPath, errors: Errors): void {
  const text = "windows options cannot be set for a linux pod";
  if (spec.securityContext?.windowsOptions) errors.push(forbidden(path.child("securityContext", "windowsOptions"), text));
  visitContainers(spec, (container, at) => {
    if (container.securityContext?.windowsOptions) errors.push(forbidden(at(path).child("securityContext", "windowsOptions"), text));
  });
}

const podFields = ["appArmorProfile", "seLinuxOptions"] as const;
const morePodFields = ["seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls"] as const;
const lastPodFields = ["runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"] as const;
const containerFields: readonly (keyof SecurityContext)[] = [
  ...(["appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem"] as const),
  ...(["privileged", "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup"] as const),
];

/** What a pod that says it is for Windows may not have. */
export function validateWindows(spec: PodSpec, path: FieldPath, errors: Errors): void {
  const context = spec.securityContext ?? {};
  const refuse = (...fields: [string, ...string[]]) => errors.push(forbidden(path.child(...fields), NOT_FOR_WINDOWS));
  for (const field of podFields) if (context[field] !== undefined) refuse("securityContext", field);
  if (spec.hostUsers !== undefined) refuse("hostUsers");
  if (spec.hostPID) refuse("hostPID");
  if (spec.hostIPC) refuse("hostIPC");
  for (const field of morePodFields) if (context[field] !== undefined) refuse("securityContext", field);
  if (spec.shareProcessNamespace !== undefined) refuse("shareProcessNamespace");
  for (const field of lastPodFields) if (context[field] !== undefined) refuse("securityContext", field);
  visitContainers(spec, (container: Container, at) => {
    for (const field of containerFields) if (container.securityContext?.[field] !== undefined) errors.push(forbidden(at(path).child("securityContext", field), NOT_FOR_WINDOWS));
  });
}
