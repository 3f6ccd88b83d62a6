import { readFileSync } from "node:fs";
import { processesOf } from "../../cli/daemon/leftovers.ts";

/** Clock ticks a second in /proc/PID/stat. */
const TICKS_PER_S = 100;

/** CPU seconds (user + system, all threads), those of the children that it waited for, and resident MiB of one process. */
export function usageOfProcess(pid: number): { cpu_s: number; children_cpu_s: number; rss_mib: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const seconds = (user: number) => (Number(fields[user]) + Number(fields[user + 1])) / TICKS_PER_S;
  const rss_kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  return { cpu_s: seconds(11), children_cpu_s: seconds(13), rss_mib: rss_kib / 1024 };
}

/**
 * Resident MiB and CPU seconds of all of Berth's processes of a data folder: components, supervisors and monitors; and, as `children_cpu_s`,
 * of the programs that they ran and waited for (the OCI runtime and a probe's command, above all).
 */
export function usageOf(dataDir: string): { rss_mib: number; cpu_s: number; children_cpu_s: number; processes: Record<string, number> } {
  let rss_mib = 0;
  let cpu_s = 0;
  let children_cpu_s = 0;
  const processes: Record<string, number> = {};
  for (const { pid } of processesOf(dataDir)) {
    try {
      const one = usageOfProcess(pid);
      cpu_s += one.cpu_s;
      children_cpu_s += one.children_cpu_s;
      rss_mib += one.rss_mib;
      const name = nameOf(pid);
      processes[name] = (processes[name] ?? 0) + one.rss_mib;
    } catch {
      // It has just ended.
    }
  }
  return { rss_mib, cpu_s, children_cpu_s, processes };
}

function nameOf(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  const main = words.findIndex((word) => word.endsWith("/cli/main.ts"));
  if (main >= 0) return words[main + 1] ?? "berth";
  return words.some((word) => word.endsWith("supervise.sh")) ? "supervisors" : "monitors";
}
