import { mkdir } from "node:fs/promises";
import { runtimeclasses } from "../../../api/resources.ts";
import type { Pod } from "../../../api/wire.ts";
import { podCgroupPath } from "../../cgroup/hierarchy.ts";
import { qosClassOf } from "../../status/qos.ts";
import { sandboxRecord } from "../../sync/runtime-records.ts";
import { podDns } from "../config/dns.ts";
import { kernelHostname, podNames } from "../config/host-names.ts";
import { podLimits } from "../config/resources.ts";
import { sandboxConfig, type SandboxInput } from "../config/sandbox-config.ts";
import type { NodeContext } from "../node-context.ts";
import { podLogDir } from "../paths.ts";
import { isHostNetwork, specOf, uidOf } from "../spec.ts";

/** A sandbox has its network set up: CNI plugins can take their time. */
const TIMEOUT_MS = 4 * 60_000;
const RETRY_MS = 10_000;
const RETRY_JITTER = 0.5;
/** The network may be ready any moment. */
const NETWORK_RETRY_MS = 1_000;

export interface PodIds {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
}

export function podIdentityOf(pod: Pod): PodIds {
  return { uid: uidOf(pod), name: pod.metadata.name ?? "", namespace: pod.metadata.namespace ?? "" };
}

export function cgroupOf(context: NodeContext, pod: Pod): string {
  return podCgroupPath(context.cgroupRoot, qosClassOf(pod), uidOf(pod));
}

/** @throws Error when the pod's name is too long for the kernel */
export function sandboxInput(context: NodeContext, pod: Pod, attempt: number): SandboxInput {
  const names = podNames(pod, context.dns().domain);
  return {
    pod,
    nodeName: context.nodeName,
    attempt,
    hostname: kernelHostname(pod, names),
    logDirectory: podLogDir(context.paths, pod),
    cgroupParent: cgroupOf(context, pod),
    dns: podDns(pod, context.dns()).config,
  };
}

/** The runtime's name for what the pod's RuntimeClass asks for; empty: its default. */
async function runtimeHandlerOf(context: NodeContext, pod: Pod): Promise<string> {
  const name = specOf(pod).runtimeClassName;
  return name === undefined || name === "" ? "" : (await context.client.get(runtimeclasses, { name })).handler;
}

/** Makes the pod's sandbox and cgroup. @returns when to try again, if that failed */
export async function createSandbox(context: NodeContext, pod: Pod, attempt: number): Promise<{ retryAt_ms?: number }> {
  const { clock, random, recorder } = context;
  const problem = isHostNetwork(pod) ? undefined : context.networkProblem();
  if (problem !== undefined) {
    recorder.event(pod, { type: "Warning", reason: "NetworkNotReady", message: `network is not ready: ${problem}` });
    return { retryAt_ms: clock.now_ms() + NETWORK_RETRY_MS };
  }
  try {
    for (const message of podDns(pod, context.dns()).warnings) recorder.event(pod, { type: "Warning", reason: "DNSConfigForming", message });
    if (specOf(pod).hostUsers === false) throw new Error("can't set `spec.hostUsers: false`, runtime does not support user namespaces");
    const runtimeHandler = await runtimeHandlerOf(context, pod);
    const input = sandboxInput(context, pod, attempt);
    const [{ podSandboxId }] = await Promise.all([
      context.cri.runtime.RunPodSandbox({ config: sandboxConfig(input), runtimeHandler }, { timeout_ms: TIMEOUT_MS }),
      mkdir(input.logDirectory, { recursive: true, mode: 0o755 }),
      context.cgroups.ensure(input.cgroupParent, podLimits(pod)),
    ]);
    // An event may have told already.
    const known = context.view.get(uidOf(pod)).sandboxes.find((record) => record.id === podSandboxId);
    if (known?.ready === true && known.ips.length > 0) return {};
    const { status } = await context.cri.runtime.PodSandboxStatus({ podSandboxId });
    if (status !== undefined) context.view.putSandbox(podIdentityOf(pod), sandboxRecord(status));
    return {};
  } catch (error) {
    recorder.event(pod, { type: "Warning", reason: "FailedCreatePodSandBox", message: `Failed to create pod sandbox: ${(error as Error).message}` });
    return { retryAt_ms: clock.now_ms() + RETRY_MS * (1 + RETRY_JITTER * random.next()) };
  }
}

/** @returns when to try again, if that failed */
export async function stopSandbox(context: NodeContext, pod: Pod, id: string): Promise<{ retryAt_ms?: number }> {
  const { cri, watcher, clock, recorder } = context;
  try {
    await cri.runtime.StopPodSandbox({ podSandboxId: id }, { timeout_ms: TIMEOUT_MS });
    await watcher.refreshSandbox(podIdentityOf(pod), id);
    return {};
  } catch (error) {
    recorder.event(pod, { type: "Warning", reason: "FailedKillPod", message: `error killing pod: failed to "KillPodSandbox" for "${uidOf(pod)}" with KillPodSandboxError: "${(error as Error).message}"` });
    return { retryAt_ms: clock.now_ms() + RETRY_MS };
  }
}
