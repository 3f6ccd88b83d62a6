import { pods } from "../../api/resources.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import type { ApiObject, LabelSelector, Pod } from "../../api/wire.ts";
import { UserError } from "../user-error.ts";
import type { Session } from "./session.ts";
import { parseOneTarget } from "./targets.ts";

/** Ready pods first, then running ones, then the older: whom a user most likely means by `deploy/hello`. */
function byUse(a: Pod, b: Pod): number {
  return Number(isReady(b)) - Number(isReady(a)) || Number(b.status?.phase === "Running") - Number(a.status?.phase === "Running") || compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp);
}

function compare(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
}

/** Selector of the pods that an object owns or serves: a workload's spec.selector, a Service's map of labels. */
function selectorOf(object: ApiObject): string | undefined {
  const selector = (object.spec as { selector?: LabelSelector & Record<string, string> } | undefined)?.selector;
  if (selector === undefined) return undefined;
  const isLabelSelector = selector.matchLabels !== undefined || selector.matchExpressions !== undefined;
  return matcherOf(isLabelSelector ? selector : { matchLabels: selector as unknown as Record<string, string> }).toString();
}

/** The pods of `pod`, `pod/x` or `deploy/x`, the most useful first. @throws UserError when there is none */
export async function podsOf(session: Session, words: readonly string[]): Promise<Pod[]> {
  const { resource, name } = parseOneTarget(words, await session.mapper(), "pods");
  const { namespace } = session;
  if (resource.group === "" && resource.resource === "pods") return [await session.client.get(pods, { namespace, name })];
  const object = await session.client.get(resource, { namespace, name });
  const labelSelector = selectorOf(object);
  if (labelSelector === undefined) throw new UserError(`${resource.resource} select no pods; name a pod, or a workload such as deploy/${name}`);
  const list = await session.client.list(pods, { namespace, labelSelector });
  const live = list.items.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  if (live.length === 0) throw new UserError(`${resource.singular}/${name} has no pods now`);
  return live.sort(byUse);
}

/** The container that is meant: `wanted`, else the default-container annotation, else the first. @throws UserError */
export function containerOf(pod: Pod, wanted: string | undefined): string {
  const names = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? []), ...(pod.spec?.ephemeralContainers ?? [])].map((container) => container.name);
  if (wanted !== undefined && !names.includes(wanted)) throw new UserError(`pod ${pod.metadata.name} has no container ${JSON.stringify(wanted)}; it has ${names.join(", ")}`);
  return wanted ?? pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"] ?? pod.spec?.containers[0]?.name ?? "";
}
