import { readdir, readFile, statfs } from "node:fs/promises";
import { arch, availableParallelism, hostname, release } from "node:os";

/** What the machine is, as the Node shows it. */
export interface Machine {
  readonly hostname: string;
  readonly cpus: number;
  readonly memory_bytes: number;
  /** Of the file system that holds the agent's data. */
  readonly storage_bytes: number;
  /** Kubernetes' name: amd64, arm64. */
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  /** `hugepages-2Mi` → how many bytes are set aside. */
  readonly hugepages: Readonly<Record<string, number>>;
  /** The kernel enforces AppArmor profiles. */
  readonly hasAppArmor: boolean;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64", arm: "arm", s390x: "s390x", ppc64: "ppc64le" };

/** Reads it; what is not there is empty. */
export async function readMachine(dataDir: string): Promise<Machine> {
  const text = (path: string) => readFile(path, "utf8").then((content) => content.trim(), () => "");
  const [meminfo, osRelease, machineId, systemUuid, bootId, appArmor, disk, hugepages] = await Promise.all([
    text("/proc/meminfo"),
    text("/etc/os-release"),
    text("/etc/machine-id"),
    text("/sys/class/dmi/id/product_uuid"),
    text("/proc/sys/kernel/random/boot_id"),
    text("/sys/module/apparmor/parameters/enabled"),
    statfs(dataDir),
    readHugepages(),
  ]);
  return {
    hostname: hostname(),
    cpus: availableParallelism(),
    memory_bytes: Number(/^MemTotal:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024,
    storage_bytes: disk.blocks * disk.bsize,
    architecture: ARCHITECTURES[arch()] ?? arch(),
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?/m.exec(osRelease)?.[1] ?? "Linux",
    machineId,
    systemUuid: systemUuid === "" ? machineId : systemUuid,
    bootId,
    hugepages,
    hasAppArmor: appArmor === "Y",
  };
}

async function readHugepages(): Promise<Record<string, number>> {
  const root = "/sys/kernel/mm/hugepages";
  const found: Record<string, number> = {};
  for (const name of await readdir(root).catch(() => [])) {
    const size_kib = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? 0);
    if (size_kib === 0) continue;
    const count = Number(await readFile(`${root}/${name}/nr_hugepages`, "utf8").catch(() => "0"));
    found[`hugepages-${sizeName(size_kib)}`] = count * size_kib * 1024;
  }
  return found;
}

/** 2048 → `2Mi`. */
function sizeName(size_kib: number): string {
  if (size_kib % (1024 * 1024) === 0) return `${size_kib / 1024 / 1024}Gi`;
  return size_kib % 1024 === 0 ? `${size_kib / 1024}Mi` : `${size_kib}Ki`;
}
