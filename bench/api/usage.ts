import { readFileSync } from "node:fs";

/** Clock ticks a second in /proc/PID/stat. */
const TICKS_PER_S = 100;

/** CPU seconds (user + system, all threads) and resident MiB of one process. */
export function usageOf(pid: number): { cpu_s: number; rss_mib: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const rss_kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  return { cpu_s: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S, rss_mib: rss_kib / 1024 };
}

/** The most that a process has resident while `work` runs, MiB, looked at every 20 ms. */
export async function peakRss(pid: number, work: () => Promise<void>): Promise<number> {
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, usageOf(pid).rss_mib);
  };
  const timer = setInterval(look, 20);
  try {
    await work();
    look();
  } finally {
    clearInterval(timer);
  }
  return peak;
}
