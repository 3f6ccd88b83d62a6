import { pods } from "../../../api/resources.ts";
import { matcherOf } from "../../../api/selector/labels.ts";
import type { ApiObject, Deployment, LabelSelector, Pod } from "../../../api/wire.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { SchedulerConfiguration } from "../../../scheduler/configuration/configuration.ts";
import { coreOf } from "../../../scheduler/explain/cluster-objects.ts";
import { explainPod } from "../../../scheduler/explain/explain.ts";
import type { Explanation } from "../../../scheduler/explain/explanation.ts";
import { readCluster } from "../../../scheduler/explain/read-cluster.ts";
import type { MappedResource } from "../../api/resource-mapper.ts";
import type { Session } from "../../api/session.ts";
import { parseOneTarget } from "../../api/targets.ts";
import { paintFor } from "../../output/paint.ts";
import { UserError } from "../../user-error.ts";
import { schedulerTrouble } from "./scheduler-health.ts";
import { explanationText } from "./text.ts";

export interface WhyOptions {
  readonly json: boolean;
  readonly colours: boolean;
  readonly clock: Clock;
  readonly configuration: SchedulerConfiguration;
}

/** Pods that are alike are explained once; of a workload at most so many kinds. */
const MAX_EXPLAINED = 3;

/**
 * `berth why POD | TYPE/NAME`: builds the scheduler's own snapshot from the live API and asks its rules about the pod, or about each kind of
 * pending pods of a workload. Returns the text. @throws UserError | ApiError
 */
export async function why(session: Session, words: readonly string[], options: WhyOptions, signal: AbortSignal): Promise<string> {
  const { resource, name } = parseOneTarget(words, await session.mapper(), "pods");
  const { namespace, client } = session;
  const isPod = resource.group === "" && resource.resource === "pods";
  const targets = isPod ? [await client.get(pods, { namespace, name })] : await podsOfWorkload(session, resource, name);
  if (targets.length === 0) return options.json ? "[]\n" : await emptyText(session, resource, name);
  const objects = await readCluster(client, signal);
  const core = coreOf(objects, options);
  const schedulerName = options.configuration.profiles[0]?.schedulerName ?? "";
  const told: { readonly explanation: Explanation; readonly alike: readonly string[] }[] = [];
  for (const [first, ...others] of alike(targets)) {
    if (told.length >= MAX_EXPLAINED) break;
    // The list is newer than what was read first.
    const pod = objects.pods.find((one) => one.metadata.uid === first!.metadata.uid);
    if (pod === undefined) throw new UserError(`pod ${namespace}/${first!.metadata.name} is gone: it was deleted while this was being read`);
    const explanation = explainPod(core, pod, schedulerName);
    const trouble = explanation.state === "fits" || explanation.state === "unschedulable" ? await schedulerTrouble(client, pod, options.clock.now_ms()) : undefined;
    told.push({ explanation: trouble === undefined ? explanation : { ...explanation, notes: [trouble, ...explanation.notes] }, alike: others.map((one) => one.metadata.name ?? "") });
  }
  if (options.json) {
    const plain = told.map(({ explanation, alike: names }) => (names.length === 0 ? explanation : { ...explanation, alike: names }));
    return `${JSON.stringify(isPod ? plain[0] : plain, undefined, 2)}\n`;
  }
  const paint = paintFor(options.colours);
  return told.map(({ explanation, alike: names }) => explanationText(explanation, paint) + (names.length === 0 ? "" : `\n${paint.dim(`The same holds for ${names.length} more like it.`)}\n`)).join("\n");
}

/** Pods that differ in name only, together. */
function alike(targets: readonly Pod[]): (readonly Pod[])[] {
  const groups = new Map<string, Pod[]>();
  for (const pod of targets) {
    const text = pod.spec?.nodeName ? (pod.metadata.uid ?? "") : JSON.stringify([pod.spec, pod.metadata.labels, pod.metadata.deletionTimestamp]);
    groups.set(text, [...(groups.get(text) ?? []), pod]);
  }
  return [...groups.values()];
}

/** The pods of a workload that have no node; all of them when all have. */
async function podsOfWorkload({ client, namespace }: Session, resource: MappedResource, name: string): Promise<readonly Pod[]> {
  const object = await client.get(resource, { namespace, name });
  const selector = (object.spec as { selector?: LabelSelector } | undefined)?.selector;
  if (selector === undefined) throw new UserError(`${resource.resource} have no pods; name a pod, or a workload such as deploy/${name}`, 2);
  const { items } = await client.list(pods, { namespace, labelSelector: matcherOf(selector).toString() });
  const pending = items.filter((pod) => !pod.spec?.nodeName);
  return pending.length > 0 ? pending : items.filter((pod) => pod.metadata.deletionTimestamp === undefined).slice(0, MAX_EXPLAINED);
}

/** A workload without any pod: its own conditions say why. */
async function emptyText({ client, namespace }: Session, resource: MappedResource, name: string): Promise<string> {
  const object = (await client.get(resource, { namespace, name })) as ApiObject & Pick<Deployment, "spec" | "status">;
  const bad = (object.status?.conditions ?? []).filter(({ type, status }) => (type === "ReplicaFailure" && status === "True") || (type === "Progressing" && status === "False"));
  const lines = [`${resource.singular}/${name} has no pods${object.spec?.replicas === 0 ? ": it is scaled to 0" : ""}`, ...bad.map(({ reason, message }) => `  ${reason}: ${message}`)];
  if (bad.length === 0 && object.spec?.replicas !== 0) lines.push("  nothing says why: does the controller that makes them run (berth controllers)? See berth describe");
  return `${lines.join("\n")}\n`;
}
