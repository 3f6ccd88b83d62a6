import type { Node, Pod } from "../../../api/wire.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { SchedulerConfiguration } from "../../../scheduler/configuration/configuration.ts";
import { type ClusterObjects, coreOf, NO_OBJECTS } from "../../../scheduler/explain/cluster-objects.ts";
import type { SchedulerCore } from "../../../scheduler/core.ts";
import type { NodeKind } from "./node-kinds.ts";
import { daemonOn } from "./workload.ts";

/** Most nodes of one what-if. */
const MAX_NODES = 50_000;

export interface Simulation {
  readonly core: SchedulerCore;
  /** Nodes that were opened. */
  readonly opened: readonly Node[];
  /** Pods that no node of any kind takes, and why. */
  readonly unplaceable: readonly { readonly pod: string; readonly reason: string }[];
}

export interface SimulationOptions {
  readonly clock: Clock;
  readonly configuration: SchedulerConfiguration;
  /** What is there already. */
  readonly start?: ClusterObjects;
  /** Tried in this order when no node that is open takes a pod. */
  readonly kinds: readonly NodeKind[];
  readonly daemons: readonly Pod[];
}

/** Places the pods one after another by the scheduler's own core; a node is opened when none that is there takes a pod. */
export function simulate(pods: readonly Pod[], options: SimulationOptions): Simulation {
  const core = coreOf(options.start ?? NO_OBJECTS, options);
  for (let decision = core.step(); decision !== undefined; decision = core.step()) if (decision.type === "placed") core.bound(decision.pod);
  const opened: Node[] = [];
  const unplaceable: { pod: string; reason: string }[] = [];
  const numbers = new Map<NodeKind, number>();
  /** Equal pods find no node either. */
  const hopeless = new Map<number, string>();
  for (const pod of pods) {
    core.setPod(pod);
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const shape = core.queue.get(key)?.info.shape.id ?? -1;
    let reason = hopeless.get(shape) ?? place(core, key);
    for (const kind of reason === undefined || hopeless.has(shape) ? [] : options.kinds) {
      const number = (numbers.get(kind) ?? 0) + 1;
      if (number > kind.max || opened.length >= MAX_NODES) continue;
      const node = kind.make(number);
      open(core, node, options.daemons);
      // It may be waiting out a backoff: here no time goes by.
      const waiting = core.queue.get(key);
      if (waiting !== undefined) core.queue.update(waiting.info, true);
      const why = place(core, key);
      if (why === undefined) {
        numbers.set(kind, number);
        opened.push(node);
        reason = undefined;
        break;
      }
      reason = reasonOn(core, key, node) ?? why;
      close(core, node);
    }
    if (reason === undefined) continue;
    if (core.queue.get(key)?.info.relations === undefined) hopeless.set(shape, reason);
    unplaceable.push({ pod: key, reason });
    core.removePod(key);
  }
  return { core, opened, unplaceable };
}

/** Decides until the pod is decided; undefined: it was placed. */
function place(core: SchedulerCore, key: string): string | undefined {
  for (let decision = core.step(); decision !== undefined; decision = core.step()) {
    if (decision.type === "placed") core.bound(decision.pod);
    if (decision.pod.info.key === key) return decision.type === "placed" ? undefined : decision.text;
  }
  return core.snapshot.placements.has(key) ? undefined : "no node takes it";
}

/** What the one new node says. */
function reasonOn(core: SchedulerCore, key: string, node: Node): string | undefined {
  const info = core.queue.get(key)?.info;
  const index = core.snapshot.nodeNamed(node.metadata.name ?? "")?.index;
  if (info === undefined || index === undefined) return undefined;
  const failures = core.decider(info.schedulerName)?.examine(info, [index])[0]?.failures ?? [];
  return failures.length === 0 ? undefined : `an empty node says: ${failures.flatMap(({ reasons }) => reasons).join(", ")}`;
}

function open(core: SchedulerCore, node: Node, daemons: readonly Pod[]): void {
  // The daemons come first, and the pod that waits must not take their room.
  core.setNode({ ...node, spec: { ...node.spec, unschedulable: true } });
  for (const daemon of daemons) {
    const pod = daemonOn(daemon, node.metadata.name ?? "");
    core.setPod(pod);
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    if (place(core, key) !== undefined) core.removePod(key);
  }
  core.setNode(node);
}

function close(core: SchedulerCore, node: Node): void {
  for (const placement of [...(core.snapshot.nodeNamed(node.metadata.name ?? "")?.placements.keys() ?? [])]) core.removePod(placement);
  core.removeNode(node.metadata.name ?? "");
}
