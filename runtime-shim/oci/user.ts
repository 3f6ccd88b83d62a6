import type { Message } from "../../cri/vocabulary.ts";
import { CriError } from "../errors.ts";
import { readFileInRoot } from "../os/rooted-path.ts";

export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Home directory of the passwd entry, when there is one. */
  readonly home?: string;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** An image's passwd is not worth more memory than this. */
const DATABASE_LIMIT_BYTES = 4 << 20;
const MAX_ID = 2 ** 32 - 2;

/**
 * Who the container's process is: `runAsUser`/`runAsUsername`/`runAsGroup` before the image's `USER`, names looked up in
 * the image's own /etc/passwd and /etc/group. INVALID_ARGUMENT when a name is not there.
 */
export function resolveUser(rootfs: string, imageUser: string, security: Message<"LinuxContainerSecurityContext"> | undefined): ContainerUser {
  const passwd = parsePasswd(readFileInRoot(rootfs, "/etc/passwd", DATABASE_LIMIT_BYTES) ?? "");
  const groups = parseGroups(readFileInRoot(rootfs, "/etc/group", DATABASE_LIMIT_BYTES) ?? "");
  const { user, group } = wantedUser(imageUser, security);
  const uid = numeric(user);
  const entry = passwd.find((candidate) => (uid === undefined ? candidate.name === user : candidate.uid === uid));
  if (uid === undefined && entry === undefined && user !== "") throw new CriError("INVALID_ARGUMENT", `the image's /etc/passwd has no user ${JSON.stringify(user)}`);
  const gid = group === "" ? (entry?.gid ?? 0) : groupId(group, groups);
  const merged = new Set<number>([gid]);
  if (security?.supplementalGroupsPolicy !== "Strict" && entry !== undefined)
    for (const candidate of groups) if (candidate.members.includes(entry.name)) merged.add(candidate.gid);
  for (const extra of security?.supplementalGroups ?? []) merged.add(checkedId(extra, "supplemental group"));
  const home = entry?.home;
  return { uid: uid ?? entry?.uid ?? 0, gid, groups: [...merged], ...(home ? { home } : {}) };
}

function wantedUser(imageUser: string, security: Message<"LinuxContainerSecurityContext"> | undefined): { user: string; group: string } {
  const group = security?.runAsGroup;
  if (security?.runAsUser !== undefined) return { user: String(checkedId(security.runAsUser.value, "runAsUser")), group: group === undefined ? "" : String(checkedId(group.value, "runAsGroup")) };
  if (security?.runAsUsername) return { user: security.runAsUsername, group: group === undefined ? "" : String(checkedId(group.value, "runAsGroup")) };
  const colon = imageUser.indexOf(":");
  const user = colon < 0 ? imageUser : imageUser.slice(0, colon);
  return { user: user === "" ? "0" : user, group: group === undefined ? (colon < 0 ? "" : imageUser.slice(colon + 1)) : String(checkedId(group.value, "runAsGroup")) };
}

function groupId(group: string, groups: readonly GroupEntry[]): number {
  const gid = numeric(group) ?? groups.find((candidate) => candidate.name === group)?.gid;
  if (gid === undefined) throw new CriError("INVALID_ARGUMENT", `the image's /etc/group has no group ${JSON.stringify(group)}`);
  return gid;
}

function numeric(text: string): number | undefined {
  if (!/^[0-9]{1,10}$/.test(text)) return undefined;
  return checkedId(Number(text), "user or group");
}

function checkedId(id: number, what: string): number {
  if (!Number.isInteger(id) || id < 0 || id > MAX_ID) throw new CriError("INVALID_ARGUMENT", `${what} ${id} is not an id: 0 to ${MAX_ID}`);
  return id;
}

function parsePasswd(text: string): PasswdEntry[] {
  return rows(text, 4).flatMap(([name, , uid, gid, , home]) => {
    if (!/^[0-9]{1,10}$/.test(uid ?? "") || !/^[0-9]{1,10}$/.test(gid ?? "")) return [];
    return [{ name: name ?? "", uid: Number(uid), gid: Number(gid), home: home ?? "" }];
  });
}

function parseGroups(text: string): GroupEntry[] {
  return rows(text, 3).flatMap(([name, , gid, members]) =>
    /^[0-9]{1,10}$/.test(gid ?? "") ? [{ name: name ?? "", gid: Number(gid), members: (members ?? "").split(",").map((member) => member.trim()) }] : [],
  );
}

function rows(text: string, least: number): string[][] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"))
    .filter((fields) => fields.length >= least);
}
