import { readFileSync } from "node:fs";
import { processesOf } from "../../cli/daemon/leftovers.ts";

/** Clock ticks a second in /proc/PID/stat. */
const TICKS_PER_S = 100;

/**
 * Resident MiB and CPU seconds of all of Berth's processes of a data folder: components, supervisors and monitors; and, as `children_cpu_s`,
 * of the programs that they ran and waited for (the OCI runtime and a probe's command, above all).
 */
export function usageOf(dataDir: string): { rss_mib: number; cpu_s: number; children_cpu_s: number; processes: Record<string, number> } {
  let rss_kib = 0;
  let ticks = 0;
  let childTicks = 0;
  const processes: Record<string, number> = {};
  for (const { pid } of processesOf(dataDir)) {
    try {
      const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      ticks += Number(fields[11]) + Number(fields[12]);
      childTicks += Number(fields[13]) + Number(fields[14]);
      rss_kib += resident;
      const name = nameOf(pid);
      processes[name] = (processes[name] ?? 0) + resident / 1024;
    } catch {
      // It has just ended.
    }
  }
  return { rss_mib: rss_kib / 1024, cpu_s: ticks / TICKS_PER_S, children_cpu_s: childTicks / TICKS_PER_S, processes };
}

function nameOf(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  const main = words.findIndex((word) => word.endsWith("/cli/main.ts"));
  if (main >= 0) return words[main + 1] ?? "berth";
  return words.some((word) => word.endsWith("supervise.sh")) ? "supervisors" : "monitors";
}
