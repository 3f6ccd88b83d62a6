import type { Deployment, Pod } from "../../api/wire.ts";
import { systemClock } from "../../lib/clock.ts";
import type { TestCluster } from "./cluster.ts";

/** Objects as kubectl prints them. */
export async function getJson<T>(cluster: TestCluster, args: readonly string[]): Promise<T> {
  return JSON.parse(await cluster.kubectlOk(["get", ...args, "-o", "json"])) as T;
}

export async function podsOf(cluster: TestCluster, selector: string, namespace = "default"): Promise<Pod[]> {
  return (await getJson<{ items: Pod[] }>(cluster, ["pods", "-n", namespace, "-l", selector])).items;
}

export function deploymentOf(cluster: TestCluster, name: string, namespace = "default"): Promise<Deployment> {
  return getJson<Deployment>(cluster, ["deployment", name, "-n", namespace]);
}

export async function applyText(cluster: TestCluster, text: string | object): Promise<string> {
  return cluster.kubectlOk(["apply", "-f", "-"], { input: typeof text === "string" ? text : JSON.stringify(text) });
}

/** Follows `kubectl get -w` of a resource and resolves with the first state that `until` accepts. @throws Error after `timeout_ms` */
export async function until<T>(what: string, look: () => Promise<T>, accept: (state: T) => boolean, timeout_ms = 60_000): Promise<T> {
  const deadline = Date.now() + timeout_ms;
  let last: unknown;
  for (;;) {
    try {
      const state = await look();
      last = state;
      if (accept(state)) return state;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeout_ms} ms; last seen: ${last instanceof Error ? last.message : JSON.stringify(last).slice(0, 2000)}`);
    await systemClock.sleep(250);
  }
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
}

/** Pods that are not being deleted. */
export function live(pods: readonly Pod[]): Pod[] {
  return pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
}

/** Host pids of a pod's container, found by the cgroup that has its pod's uid in its path. */
export { pidsOfPod } from "./pids.ts";
