import { nodes, pods } from "../../api/resources.ts";
import type { Node, Pod } from "../../api/wire.ts";
import { type Client, isReason } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { SchedulerConfiguration } from "../configuration/configuration.ts";
import { coreOf } from "../explain/cluster-objects.ts";
import { readCluster } from "../explain/read-cluster.ts";
import { staysBecause } from "./movable.ts";
import type { Plan, PlanOptions } from "./plan.ts";
import { avoided, proveMove } from "./proof.ts";
import { type Move, REBALANCING } from "./trial-moves.ts";

/** Writes of a node that meet others' are done again so often. */
const MAX_CONFLICTS = 8;
/** The list is read again at least this often while a replacement is waited for. */
const LOOK_EVERY_MS = 2_000;

export interface CarryOutOptions extends PlanOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly configuration: SchedulerConfiguration;
  /** How long a replacement may take to get a node, and to be ready when the evicted pod was. */
  readonly timeout_ms: number;
  readonly signal: AbortSignal;
  readonly tell: (outcome: Outcome) => void;
}

export type Outcome =
  | { readonly type: "moved"; readonly move: Move; readonly node: string; readonly replacement: string }
  /** It was not evicted. */
  | { readonly type: "skipped"; readonly move: Move; readonly reason: string }
  /** It was evicted, and what came after is not as it should be: nothing more is moved. */
  | { readonly type: "stopped"; readonly move: Move; readonly reason: string };

/**
 * Carries out a plan, one pod after another: reads the cluster anew, proves again that the pod has another place, evicts it through the eviction
 * API (which refuses what a budget forbids), and waits until its replacement has a node and is ready. Meanwhile its node carries a soft taint.
 * Returns how many pods were moved. @throws ApiError | ConnectionError
 */
export async function carryOut(plan: Plan, options: CarryOutOptions): Promise<number> {
  const { client, signal, tell } = options;
  const given_up = new Set<string>();
  let moved = 0;
  for (const node of [...new Set(plan.moves.map(({ from }) => from))]) {
    const moves = plan.moves.filter(({ from }) => from === node);
    await setTaint(client, node, true);
    try {
      for (const move of moves) {
        if (signal.aborted) return moved;
        // A node that keeps one of its pods is not emptied: the others may as well stay.
        const outcome: Outcome = given_up.has(node) && move.reason !== "defragments" ? { type: "skipped", move, reason: "another pod of its node stays" } : await moveOne(move, options);
        tell(outcome);
        if (outcome.type === "stopped") return moved;
        if (outcome.type === "moved") moved++;
        else given_up.add(node);
      }
    } finally {
      await setTaint(client, node, false);
    }
  }
  return moved;
}

async function moveOne(move: Move, options: CarryOutOptions): Promise<Outcome> {
  const { client, clock, configuration, signal } = options;
  const objects = await readCluster(client, signal);
  const pod = objects.pods.find(({ metadata }) => metadata.uid === move.pod.uid);
  if (pod === undefined || pod.spec?.nodeName !== move.from) return { type: "skipped", move, reason: "it is gone or elsewhere by now" };
  const core = coreOf(objects, { clock, configuration });
  const why = staysBecause(core.snapshot.placements.get(move.pod.key)!, core.cluster, options);
  if (why !== undefined) return { type: "skipped", move, reason: why };
  const proof = proveMove(objects, pod, { clock, configuration });
  if (proof.type === "none") return { type: "skipped", move, reason: proof.reason };
  const before = new Set(objects.pods.map(({ metadata }) => metadata.uid));
  try {
    const { name, namespace } = move.pod;
    await client.createSubresource(pods, { namespace, name }, "eviction", { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace }, deleteOptions: { preconditions: { uid: move.pod.uid } } }, { signal });
  } catch (error) {
    if (isReason(error, "TooManyRequests")) return { type: "skipped", move, reason: "its PodDisruptionBudget does not allow it now" };
    if (isReason(error, "NotFound") || isReason(error, "Conflict")) return { type: "skipped", move, reason: "it is gone or another one by now" };
    throw error;
  }
  return waitForReplacement(move, pod, before, options);
}

/** The pod that the same controller made since, once it has a node (and is ready). */
async function waitForReplacement(move: Move, evicted: Pod, before: ReadonlySet<string | undefined>, { client, clock, timeout_ms, signal }: CarryOutOptions): Promise<Outcome> {
  const owner = evicted.metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
  const mustBeReady = isReady(evicted);
  const end_ms = clock.monotonic_ms() + timeout_ms;
  let found: Pod | undefined;
  while (clock.monotonic_ms() < end_ms) {
    const { items, metadata } = await client.list(pods, { namespace: move.pod.namespace }, signal);
    found = items.find((pod) => !before.has(pod.metadata.uid) && pod.metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === owner));
    if (found?.spec?.nodeName && (!mustBeReady || isReady(found))) return { type: "moved", move, node: found.spec.nodeName, replacement: found.metadata.name ?? "" };
    await changeIn(client, move.pod.namespace, metadata.resourceVersion ?? "", signal);
  }
  const name = found?.metadata.name;
  const state = found === undefined ? "no controller made another pod" : found.spec?.nodeName ? `${name} on ${found.spec.nodeName} is not ready` : `${name} has no node (berth why ${name} -n ${move.pod.namespace})`;
  return { type: "stopped", move, reason: `${timeout_ms / 1000} s after the eviction ${state}` };
}

/** Resolves when something happens to the namespace's pods, or after a while. */
async function changeIn(client: Client, namespace: string, resourceVersion: string, signal: AbortSignal): Promise<void> {
  for await (const events of client.watch(pods, { namespace, resourceVersion, timeout_s: LOOK_EVERY_MS / 1000 }, signal)) if (events.length > 0) return;
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** Sets or takes away the soft taint; a node that is gone needs none. */
async function setTaint(client: Client, name: string, wanted: boolean): Promise<void> {
  for (let conflict = 0; ; conflict++) {
    try {
      const node: Node = await client.get(nodes, { name });
      const taints = (node.spec?.taints ?? []).filter(({ key }) => key !== REBALANCING.key);
      await client.update(nodes, wanted ? avoided(node) : { ...node, spec: { ...node.spec, taints } });
      return;
    } catch (error) {
      if (isReason(error, "NotFound")) return;
      if (!isReason(error, "Conflict") || conflict >= MAX_CONFLICTS) throw error;
    }
  }
}

/** Takes away what a run that was killed left: nodes that still carry the soft taint. Returns their names. */
export async function cleanUp(client: Client, objects: { readonly nodes: readonly Node[] }): Promise<string[]> {
  const left = objects.nodes.filter(({ spec }) => spec?.taints?.some(({ key }) => key === REBALANCING.key)).map(({ metadata }) => metadata.name ?? "");
  for (const name of left) await setTaint(client, name, false);
  return left;
}
