import { join } from "node:path";
import type { Init } from "../../cri/vocabulary.ts";
import { keyedNumber, type CgroupLayout } from "../os/cgroups.ts";
import { readIfExists } from "../os/files.ts";

/** v1 writes a limit that was never set as the largest multiple of a page below 2^63. */
const NO_LIMIT_BYTES = 2 ** 60;

export interface CgroupStats {
  readonly cpuUsage_ns: number;
  readonly cpuPressure?: Init<"PsiStats">;
  readonly memory: Omit<Init<"MemoryUsage">, "timestamp">;
  readonly swap?: Omit<Init<"SwapUsage">, "timestamp">;
  readonly ioPressure?: Init<"PsiStats">;
  readonly processes: number;
}

/** What a cgroup uses now, or undefined when it is gone. */
export function readCgroupStats(layout: CgroupLayout, cgroup: string): CgroupStats | undefined {
  return layout.version === 1 ? readV1(layout, cgroup) : readV2(layout, cgroup);
}

function readV1(layout: CgroupLayout, cgroup: string): CgroupStats | undefined {
  const read = (controller: string, file: string) => {
    const directory = layout.path(controller, cgroup);
    return directory === undefined ? undefined : readIfExists(join(directory, file));
  };
  const usage = number(read("memory", "memory.usage_in_bytes"));
  const cpuUsage_ns = number(read("cpuacct", "cpuacct.usage"));
  if (usage === undefined && cpuUsage_ns === undefined) return undefined;
  const stat = read("memory", "memory.stat") ?? "";
  const swapUsed = keyedNumber(stat, "total_swap");
  const memory = memoryOf({
    usage: usage ?? 0,
    inactiveFile: keyedNumber(stat, "total_inactive_file"),
    rss: keyedNumber(stat, "total_rss"),
    faults: keyedNumber(stat, "total_pgfault"),
    majorFaults: keyedNumber(stat, "total_pgmajfault"),
    limit: number(read("memory", "memory.limit_in_bytes")),
  });
  return { cpuUsage_ns: cpuUsage_ns ?? 0, memory, swap: { swapUsageBytes: { value: swapUsed } }, processes: number(read("pids", "pids.current")) ?? 0 };
}

function readV2(layout: CgroupLayout, cgroup: string): CgroupStats | undefined {
  const directory = layout.path("", cgroup) ?? "";
  const read = (file: string) => readIfExists(join(directory, file));
  const usage = number(read("memory.current"));
  const cpu = read("cpu.stat");
  if (usage === undefined && cpu === undefined) return undefined;
  const stat = read("memory.stat") ?? "";
  const swapUsed = number(read("memory.swap.current"));
  const swapLimit = number(read("memory.swap.max"));
  const memory = memoryOf({
    usage: usage ?? 0,
    inactiveFile: keyedNumber(stat, "inactive_file"),
    rss: keyedNumber(stat, "anon"),
    faults: keyedNumber(stat, "pgfault"),
    majorFaults: keyedNumber(stat, "pgmajfault"),
    limit: number(read("memory.max")),
  });
  const memoryPressure = pressureOf(read("memory.pressure"));
  const cpuPressure = pressureOf(read("cpu.pressure"));
  const ioPressure = pressureOf(read("io.pressure"));
  return {
    cpuUsage_ns: keyedNumber(cpu ?? "", "usage_usec") * 1000,
    memory: { ...memory, ...(memoryPressure === undefined ? {} : { psi: memoryPressure }) },
    ...(swapUsed === undefined ? {} : { swap: { swapUsageBytes: { value: swapUsed }, ...(swapLimit === undefined ? {} : { swapAvailableBytes: { value: Math.max(0, swapLimit - swapUsed) } }) } }),
    processes: number(read("pids.current")) ?? 0,
    ...(cpuPressure === undefined ? {} : { cpuPressure }),
    ...(ioPressure === undefined ? {} : { ioPressure }),
  };
}

interface MemoryReading {
  readonly usage: number;
  readonly inactiveFile: number;
  readonly rss: number;
  readonly faults: number;
  readonly majorFaults: number;
  readonly limit: number | undefined;
}

/** The working set is what can't be given back at once: all but files that nobody has used of late. */
function memoryOf(reading: MemoryReading): CgroupStats["memory"] {
  const workingSet = Math.max(0, reading.usage - reading.inactiveFile);
  const limited = reading.limit !== undefined && reading.limit < NO_LIMIT_BYTES;
  return {
    usageBytes: { value: reading.usage },
    workingSetBytes: { value: workingSet },
    rssBytes: { value: reading.rss },
    pageFaults: { value: reading.faults },
    majorPageFaults: { value: reading.majorFaults },
    ...(limited ? { availableBytes: { value: Math.max(0, (reading.limit ?? 0) - workingSet) } } : {}),
  };
}

/** A number alone in a file; undefined for `max` and for a file that is not there. */
function number(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? "";
  return /^[0-9]+$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** `some avg10=0.00 avg60=0.00 avg300=0.00 total=0` and the same for `full`. */
function pressureOf(text: string | undefined): Init<"PsiStats"> | undefined {
  if (text === undefined || text === "") return undefined;
  const line = (kind: string): Init<"PsiData"> => {
    const found = text.split("\n").find((candidate) => candidate.startsWith(`${kind} `)) ?? "";
    const value = (key: string) => Number(new RegExp(`${key}=([0-9.]+)`).exec(found)?.[1] ?? 0);
    // CRI counts nanoseconds, the kernel microseconds.
    return { avg10: value("avg10"), avg60: value("avg60"), avg300: value("avg300"), total: value("total") * 1000 };
  };
  return { some: line("some"), full: line("full") };
}
