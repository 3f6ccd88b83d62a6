import { deployments, replicasets } from "../../api/resources.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import type { Deployment, ReplicaSet } from "../../api/wire.ts";
import type { Session } from "../api/session.ts";
import { parseOneTarget } from "../api/targets.ts";
import { UserError } from "../user-error.ts";

const REVISION = "deployment.kubernetes.io/revision";
const CHANGE_CAUSE = "kubernetes.io/change-cause";
const HASH_LABEL = "pod-template-hash";
const FIELD_MANAGER = "berth-rollout";

async function deploymentKey(session: Session, words: readonly string[]): Promise<{ namespace: string; name: string }> {
  const { resource, name } = parseOneTarget(words, await session.mapper(), "deployments");
  if (resource.resource !== "deployments") throw new UserError(`no rollouts for ${resource.resource}; name a deployment: deploy/NAME`);
  return { namespace: session.namespace, name };
}

/** Where a rollout stands, in kubectl's words; `done` when there is nothing more to wait for. @throws UserError when its deadline passed */
export function rolloutStatus(deployment: Deployment): { message: string; done: boolean } {
  const name = deployment.metadata.name ?? "";
  const { spec, status = {} } = deployment;
  if ((status.observedGeneration ?? 0) < (deployment.metadata.generation ?? 0)) return { message: "Waiting for deployment spec update to be observed...", done: false };
  const progressing = status.conditions?.find((condition) => condition.type === "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded") throw new UserError(`deployment ${JSON.stringify(name)} exceeded its progress deadline: ${progressing.message ?? ""}`);
  const wanted = spec?.replicas ?? 1;
  const updated = status.updatedReplicas ?? 0;
  const total = status.replicas ?? 0;
  const available = status.availableReplicas ?? 0;
  const waiting = `Waiting for deployment ${JSON.stringify(name)} rollout to finish: `;
  if (updated < wanted) return { message: `${waiting}${updated} out of ${wanted} new replicas have been updated...`, done: false };
  if (total > updated) return { message: `${waiting}${total - updated} old replicas are pending termination...`, done: false };
  if (available < updated) return { message: `${waiting}${available} of ${updated} updated replicas are available...`, done: false };
  return { message: `deployment ${JSON.stringify(name)} successfully rolled out`, done: true };
}

/** `berth rollout status`: says each change until the rollout ends (or once, without `watch`). */
export async function watchRollout(session: Session, words: readonly string[], options: { watch: boolean; say: (line: string) => void }, signal: AbortSignal): Promise<void> {
  const key = await deploymentKey(session, words);
  let last = "";
  const tell = (deployment: Deployment): boolean => {
    const { message, done } = rolloutStatus(deployment);
    if (message !== last) options.say(message);
    last = message;
    return done;
  };
  while (!signal.aborted) {
    const deployment = await session.client.get(deployments, key);
    if (tell(deployment) || !options.watch) return;
    const watch = { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}`, resourceVersion: deployment.metadata.resourceVersion ?? "" };
    const done = new AbortController();
    for await (const batch of session.client.watch(deployments, watch, AbortSignal.any([signal, done.signal]))) {
      if (batch.some((event) => event.type === "DELETED")) throw new UserError(`deployment ${JSON.stringify(key.name)} was deleted`);
      const finished = batch.some((event) => event.type !== "BOOKMARK" && tell(event.object));
      if (finished) {
        done.abort();
        return;
      }
    }
  }
}

/** The ReplicaSets of a deployment by revision, oldest first. */
async function revisions(session: Session, deployment: Deployment): Promise<{ revision: number; replicaSet: ReplicaSet }[]> {
  const labelSelector = matcherOf(deployment.spec?.selector).toString();
  const list = await session.client.list(replicasets, { namespace: deployment.metadata.namespace ?? "", labelSelector });
  return list.items
    .filter((one) => one.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === deployment.metadata.uid))
    .map((replicaSet) => ({ revision: Number(replicaSet.metadata.annotations?.[REVISION] ?? 0), replicaSet }))
    .sort((a, b) => a.revision - b.revision);
}

/** `berth rollout history`: a line for each revision. */
export async function rolloutHistory(session: Session, words: readonly string[]): Promise<string[]> {
  const key = await deploymentKey(session, words);
  const found = await revisions(session, await session.client.get(deployments, key));
  const rows = found.map(({ revision, replicaSet }) => `${String(revision).padEnd(10)}${replicaSet.metadata.annotations?.[CHANGE_CAUSE] ?? "<none>"}`);
  return [`deployment.apps/${key.name}`, "REVISION  CHANGE-CAUSE", ...rows];
}

/** `berth rollout undo`: the template of `toRevision` (0: the one before the current) becomes the deployment's again. */
export async function rolloutUndo(session: Session, words: readonly string[], toRevision: number): Promise<string> {
  const key = await deploymentKey(session, words);
  const deployment = await session.client.get(deployments, key);
  const found = await revisions(session, deployment);
  const target = toRevision === 0 ? found.at(-2) : found.find((one) => one.revision === toRevision);
  if (target === undefined) throw new UserError(toRevision === 0 ? `no rollout history found for deployment ${JSON.stringify(key.name)}` : `unable to find specified revision ${toRevision} in history`);
  if (deployment.spec?.paused) throw new UserError(`you cannot rollback a paused deployment; resume it first with 'berth rollout resume deployment/${key.name}' and try again`);
  const template = structuredClone(target.replicaSet.spec?.template) as NonNullable<NonNullable<ReplicaSet["spec"]>["template"]>;
  delete template.metadata?.labels?.[HASH_LABEL];
  if (JSON.stringify(template) === JSON.stringify(deployment.spec?.template)) return `deployment.apps/${key.name} skipped rollback (current template already matches revision ${target.revision})`;
  const patch = [
    { op: "test", path: "/metadata/resourceVersion", value: deployment.metadata.resourceVersion },
    { op: "replace", path: "/spec/template", value: template },
  ];
  await session.client.patch(deployments, key, "json", patch, { fieldManager: FIELD_MANAGER });
  return `deployment.apps/${key.name} rolled back`;
}

/** `berth rollout restart`: every pod is replaced, by an annotation with the time in the template. */
export async function rolloutRestart(session: Session, words: readonly string[], now: string): Promise<string> {
  const key = await deploymentKey(session, words);
  const annotations = { "kubectl.kubernetes.io/restartedAt": now };
  await session.client.patch(deployments, key, "strategic", { spec: { template: { metadata: { annotations } } } }, { fieldManager: FIELD_MANAGER });
  return `deployment.apps/${key.name} restarted`;
}

/** `berth rollout pause|resume`. */
export async function rolloutPause(session: Session, words: readonly string[], paused: boolean): Promise<string> {
  const key = await deploymentKey(session, words);
  await session.client.patch(deployments, key, "merge", { spec: { paused: paused ? true : null } }, { fieldManager: FIELD_MANAGER });
  return `deployment.apps/${key.name} ${paused ? "paused" : "resumed"}`;
}
