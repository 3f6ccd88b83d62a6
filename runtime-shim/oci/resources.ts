import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Message } from "../../cri/vocabulary.ts";
import type { CgroupLayout } from "../os/cgroups.ts";
import type { OciResources } from "./spec-types.ts";

/**
 * CRI's resources as the OCI runtime takes them; zero means "not given". What the machine has no controller for (swap
 * accounting, huge pages) is left out, as other runtimes do: the limit can't be kept, the container can run.
 */
export function resourcesOf(request: Message<"LinuxContainerResources"> | undefined, cgroups: CgroupLayout): OciResources {
  if (request === undefined) return {};
  const memory = memoryOf(request, cgroups);
  const cpu = {
    ...(request.cpuShares > 0 ? { shares: request.cpuShares } : {}),
    ...(request.cpuQuota !== 0 ? { quota: request.cpuQuota } : {}),
    ...(request.cpuPeriod > 0 ? { period: request.cpuPeriod } : {}),
    ...(request.cpusetCpus !== "" ? { cpus: request.cpusetCpus } : {}),
    ...(request.cpusetMems !== "" ? { mems: request.cpusetMems } : {}),
  };
  const pids = request.unified["pids.max"];
  const hugepages = cgroups.hasController("hugetlb") ? request.hugepageLimits.map(({ pageSize, limit }) => ({ pageSize, limit })) : [];
  return {
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(hugepages.length > 0 ? { hugepageLimits: hugepages } : {}),
    ...(cgroups.version === 2 && Object.keys(request.unified).length > 0 ? { unified: request.unified } : {}),
    ...(cgroups.version === 1 && pids !== undefined && /^[0-9]+$/.test(pids) ? { pids: { limit: Number(pids) } } : {}),
  };
}

function memoryOf(request: Message<"LinuxContainerResources">, cgroups: CgroupLayout): { limit?: number; swap?: number } {
  const limit = request.memoryLimitInBytes;
  const swap = request.memorySwapLimitInBytes;
  return { ...(limit !== 0 ? { limit } : {}), ...(swap !== 0 && limit !== 0 && hasSwapAccounting(cgroups) ? { swap } : {}) };
}

function hasSwapAccounting(cgroups: CgroupLayout): boolean {
  if (cgroups.version === 2) return true;
  const memory = cgroups.path("memory", "/");
  return memory !== undefined && existsSync(join(memory, "memory.memsw.limit_in_bytes"));
}

/** `update` over `before`: a zero or empty field keeps what was. */
export function mergeResources(before: Message<"LinuxContainerResources"> | undefined, update: Message<"LinuxContainerResources">): Message<"LinuxContainerResources"> {
  if (before === undefined) return update;
  return {
    cpuPeriod: update.cpuPeriod || before.cpuPeriod,
    cpuQuota: update.cpuQuota || before.cpuQuota,
    cpuShares: update.cpuShares || before.cpuShares,
    memoryLimitInBytes: update.memoryLimitInBytes || before.memoryLimitInBytes,
    oomScoreAdj: update.oomScoreAdj || before.oomScoreAdj,
    cpusetCpus: update.cpusetCpus || before.cpusetCpus,
    cpusetMems: update.cpusetMems || before.cpusetMems,
    hugepageLimits: update.hugepageLimits.length > 0 ? update.hugepageLimits : before.hugepageLimits,
    unified: { ...before.unified, ...update.unified },
    memorySwapLimitInBytes: update.memorySwapLimitInBytes || before.memorySwapLimitInBytes,
  };
}
