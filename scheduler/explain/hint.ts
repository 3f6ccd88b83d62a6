import type { Clock } from "../../lib/clock.ts";
import type { SchedulerCore } from "../core.ts";
import type { NodeState } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { shortage } from "./nearness.ts";
import { shortfallsOf } from "./shortfall.ts";

/** Most clusters' whole set of nodes is looked at; of a larger one the first so many. */
const MAX_NODES = 5000;
/** Filters whose failures change from hour to hour: a hint about what never changes says nothing new. */
const RESOURCES = /Insufficient |Too many pods/;

/** Pods that are alike get the same hint for so long: thousands of them may fail at once. */
const FRESH_MS = 1_000;
const MAX_REMEMBERED = 1_000;

/** What is missing on the node that lacks least, for the end of the message that kube-scheduler would write. */
export class Hints {
  readonly #core: SchedulerCore;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly made_ms: number; readonly text: string }>();

  constructor(core: SchedulerCore, clock: Clock) {
    this.#core = core;
    this.#clock = clock;
  }

  /** ` Nearest: node-3 needs 2 CPU, 1.4 free: 3 pods of lower priority hold 1.2.` Empty where resources are not what is missing. */
  for(pod: PodInfo, reasons: ReadonlyMap<string, number>): string {
    if (![...reasons.keys()].some((reason) => RESOURCES.test(reason))) return "";
    const key = `${pod.schedulerName}/${pod.shape.id}/${pod.priority}/${pod.labelSet.id}/${pod.relations?.text ?? ""}`;
    const now_ms = this.#clock.monotonic_ms();
    const known = this.#known.get(key);
    if (known !== undefined && now_ms - known.made_ms < FRESH_MS) return known.text;
    const text = this.#make(pod);
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(key, { made_ms: now_ms, text });
    return text;
  }

  #make(pod: PodInfo): string {
    const nearest = nearestByResources(this.#core, pod);
    if (nearest === undefined) return "";
    const failures = this.#core.decider(pod.schedulerName)?.examine(pod, [nearest.index])[0]?.failures ?? [];
    if (failures.length === 0) return "";
    return ` Nearest: ${nearest.name} ${shortfallsOf({ pod, node: nearest, cluster: this.#core.cluster }, failures).map(({ text }) => text).join("; ")}.`;
  }
}

/** Among the nodes whose labels and taints let the pod in, the one that is short of least. */
function nearestByResources({ snapshot }: SchedulerCore, pod: PodInfo): NodeState | undefined {
  let best: NodeState | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < Math.min(MAX_NODES, snapshot.slots); i++) {
    const node = snapshot.nodes[i]!;
    if (node.node === undefined || node.unschedulable || node.hardTaints.length > 0 || pod.shape.nodePredicate?.(node) === false) continue;
    const missing = shortage(pod, i, snapshot);
    if (missing >= least) continue;
    best = node;
    least = missing;
  }
  return best;
}
