import type { ContainerStatus, Pod } from "../../wire.ts";
import { ageColumn, ageText, column, nameColumn, orNone } from "../columns.ts";
import type { Column, RowCondition } from "../kind.ts";

/** What a pod's row says of its containers. */
interface Summary {
  readonly reason: string;
  readonly ready: number;
  readonly total: number;
  readonly restarts: number;
  readonly lastRestart: string;
}

/** The several cells of one row ask one after another. */
let last: { readonly pod: Pod; readonly summary: Summary } | undefined;

function summaryOf(pod: Pod): Summary {
  if (last?.pod !== pod) last = { pod, summary: summarise(pod) };
  return last.summary;
}

function isSidecar(pod: Pod, name: string): boolean {
  return pod.spec?.initContainers?.some((container) => container.name === name && container.restartPolicy === "Always") ?? false;
}

class Restarts {
  count = 0;
  last = "";

  add(status: ContainerStatus): void {
    this.count += status.restartCount ?? 0;
    const ended = status.lastState?.terminated?.finishedAt ?? "";
    if (ended > this.last) this.last = ended;
  }
}

function isTrue(pod: Pod, type: string): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
}

function summarise(pod: Pod): Summary {
  const status = pod.status ?? {};
  let reason = status.reason || status.phase || "";
  if (status.conditions?.some((condition) => condition.type === "PodScheduled" && condition.reason === "SchedulingGated")) reason = "SchedulingGated";
  const init = initSummary(pod);
  if (init.reason !== undefined) reason = init.reason;
  let { ready } = init;
  let restarts = init.all;
  if (init.reason === undefined || isTrue(pod, "Initialized")) {
    restarts = init.sidecars;
    const main = mainSummary(pod, reason, restarts);
    reason = main.reason;
    ready += main.ready;
  }
  if (pod.metadata.deletionTimestamp) {
    if (status.reason === "NodeLost") reason = "Unknown";
    else if (status.phase !== "Failed" && status.phase !== "Succeeded") reason = "Terminating";
  }
  const sidecars = pod.spec?.initContainers?.filter((container) => container.restartPolicy === "Always").length ?? 0;
  return { reason, ready, total: (pod.spec?.containers?.length ?? 0) + sidecars, restarts: restarts.count, lastRestart: restarts.last };
}

/** How far initialisation is: `reason` is set while it goes on or has failed. */
function initSummary(pod: Pod): { reason?: string; ready: number; all: Restarts; sidecars: Restarts } {
  const all = new Restarts();
  const sidecars = new Restarts();
  let ready = 0;
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (let i = 0; i < statuses.length; i++) {
    const status = statuses[i] as ContainerStatus;
    const sidecar = isSidecar(pod, status.name);
    all.add(status);
    if (sidecar) sidecars.add(status);
    const { terminated, waiting } = status.state ?? {};
    if (terminated && (terminated.exitCode ?? 0) === 0) continue;
    if (sidecar && status.started) {
      if (status.ready) ready++;
      continue;
    }
    const waits = waiting?.reason && waiting.reason !== "PodInitializing" ? waiting.reason : undefined;
    const reason = terminated ? `Init:${endText(terminated)}` : waits ? `Init:${waits}` : `Init:${i}/${pod.spec?.initContainers?.length ?? 0}`;
    return { reason, ready, all, sidecars };
  }
  return { ready, all, sidecars };
}

function endText(terminated: { reason?: string; signal?: number; exitCode?: number }): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`;
}

function mainSummary(pod: Pod, before: string, restarts: Restarts): { reason: string; ready: number } {
  let reason = before;
  let ready = 0;
  let failure: string | undefined;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    restarts.add(status);
    const { waiting, terminated, running } = status.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated) {
      reason = endText(terminated);
      if (terminated.exitCode) failure = reason;
    } else if (status.ready && running) ready++;
  }
  if (reason !== "Completed") return { reason, ready };
  if (ready > 0 && isTrue(pod, "Ready")) return { reason: "Running", ready };
  return { reason: failure ?? (ready > 0 ? "NotReady" : reason), ready };
}

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  column("Ready", "How many of the containers are ready.", (pod) => `${summaryOf(pod).ready}/${summaryOf(pod).total}`),
  column("Status", "What the containers do or wait for, taken together.", (pod) => summaryOf(pod).reason),
  column("Restarts", "How often containers have been restarted, and when the last time.", (pod, now_ms) => {
    const { restarts, lastRestart } = summaryOf(pod);
    return restarts === 0 || lastRestart === "" ? String(restarts) : `${restarts} (${ageText(lastRestart, now_ms)} ago)`;
  }),
  ageColumn,
  column("IP", "The pod's first address.", (pod) => orNone(pod.status?.podIPs?.[0]?.ip), { wide: true }),
  column("Node", "The node that the pod is bound to.", (pod) => orNone(pod.spec?.nodeName), { wide: true }),
  column("Nominated Node", "The node on which room is being made for the pod.", (pod) => orNone(pod.status?.nominatedNodeName), { wide: true }),
  column("Readiness Gates", "How many of the pod's own readiness conditions hold.", readinessGates, { wide: true }),
];

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  return gates.length === 0 ? orNone("") : `${gates.filter((gate) => isTrue(pod, gate.conditionType)).length}/${gates.length}`;
}

/** A row of a pod that has ended says so, so that a client can tell it from the others. */
export function podRowConditions(pod: Pod): readonly RowCondition[] {
  if (pod.status?.phase === "Succeeded") return [{ type: "Completed", status: "True", reason: "Succeeded", message: "The pod has completed successfully." }];
  if (pod.status?.phase === "Failed") return [{ type: "Completed", status: "True", reason: "Failed", message: "The pod failed." }];
  return [];
}
