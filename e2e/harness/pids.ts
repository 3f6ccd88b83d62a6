import { readdirSync, readFileSync } from "node:fs";

/** Host pids whose cgroup path holds the pod's uid: the processes of its containers. Sorted. */
export function pidsOfPod(uid: string): number[] {
  const underscored = uid.replaceAll("-", "_");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const cgroup = readFileSync(`/proc/${name}/cgroup`, "utf8");
        return cgroup.includes(uid) || cgroup.includes(underscored);
      } catch {
        return false;
      }
    })
    .map(Number)
    .filter((pid) => !isMonitor(pid))
    .sort((a, b) => a - b);
}

/** A monitor may sit in its container's cgroup; it is none of the container's processes. */
function isMonitor(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "conmon";
  } catch {
    return true;
  }
}
