import { usageOfProcess } from "../harness/processes.ts";

/** The most that a process has resident while `work` runs, MiB, looked at every 20 ms. */
export async function peakRss(pid: number, work: () => Promise<void>): Promise<number> {
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, usageOfProcess(pid).rss_mib);
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
