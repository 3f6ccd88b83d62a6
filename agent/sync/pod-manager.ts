import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pods } from "../../api/resources.ts";
import type { Pod } from "../../api/wire.ts";
import type { Informer } from "../../client/informer.ts";
import type { NodeContext } from "../pod/node-context.ts";
import { isTerminalPhase, uidOf } from "../pod/spec.ts";
import { PodWorker } from "../pod/worker.ts";
import { type EndReason, rejectedStatus } from "../status/pod-status.ts";
import { isActive } from "./admission.ts";
import type { PodIdentity } from "./runtime-records.ts";

export interface PodManagerOptions {
  readonly context: NodeContext;
  /** The node's pods. */
  readonly informer: Informer<Pod>;
  /** Whether the node can run a pod beside the others. */
  readonly admit: (pod: Pod, others: readonly Pod[]) => EndReason | undefined;
}

/** kubelet's marks on its own copy of a pod; the downward API shows them. */
const SEEN = "kubernetes.io/config.seen";
const SOURCE = "kubernetes.io/config.source";

/** One worker for each pod of the node: made when the pod comes, gone when nothing of it is left. */
export class PodManager {
  readonly #options: PodManagerOptions;
  readonly #workers = new Map<string, PodWorker>();
  /** Pods that the node refused. */
  readonly #refused = new Map<string, Pod>();
  readonly #seen = new Map<string, string>();
  #isReady = false;
  #isClosed = false;

  constructor(options: PodManagerOptions) {
    this.#options = options;
  }

  /** Begins: the runtime's view is filled and the informer has synced. What the runtime has of pods that are no more is stopped. */
  start(): void {
    this.#isReady = true;
    this.#options.informer.addHandler({
      add: (pod) => this.#add(pod),
      update: (pod) => this.#update(pod),
      delete: (pod) => this.#remove(uidOf(pod)),
    });
    for (const identity of [...this.#options.context.view.pods()]) this.#adoptOrphan(identity);
    void this.#sweepFolders();
  }

  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  workers(): Iterable<PodWorker> {
    return this.#workers.values();
  }

  /** The pod as its worker has it, by name. */
  find(namespace: string, name: string): PodWorker | undefined {
    for (const worker of this.#workers.values()) {
      const { metadata } = worker.state.pod;
      if (metadata.name === name && metadata.namespace === namespace && !worker.state.isRemoved) return worker;
    }
    return undefined;
  }

  /** Pods beside this one that take room on the node. */
  neighbours(uid: string): Pod[] {
    return [...this.#workers.entries()]
      .filter(([other, worker]) => other !== uid && worker.state.stage !== "stopped")
      .map(([, worker]) => worker.state.pod)
      .filter(isActive);
  }

  /** The runtime's view of a pod changed. */
  observe(uid: string): void {
    if (!this.#isReady || this.#isClosed) return;
    const worker = this.#workers.get(uid);
    if (worker !== undefined) return worker.observe();
    for (const identity of this.#options.context.view.pods()) if (identity.uid === uid) return this.#adoptOrphan(identity);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#workers.values()].map((worker) => worker.close()));
  }

  #add(pod: Pod): void {
    const uid = uidOf(pod);
    if (this.#isClosed || this.#workers.has(uid)) return this.#update(pod);
    const own = this.#marked(pod);
    const why = this.#refusalOf(own);
    if (why !== undefined) return this.#refuse(own, why);
    this.#startWorker(own);
  }

  /** A pod that has begun, or that is over, is not judged again. */
  #refusalOf(pod: Pod): EndReason | undefined {
    const { context, admit } = this.#options;
    const hasBegun = context.view.get(uidOf(pod)).sandboxes.length > 0 || (pod.status?.containerStatuses ?? []).length > 0;
    if (hasBegun || pod.metadata.deletionTimestamp !== undefined || isTerminalPhase(pod.status?.phase)) return undefined;
    return admit(pod, this.neighbours(uidOf(pod)));
  }

  #refuse(pod: Pod, why: EndReason): void {
    const { recorder, statuses, clock } = this.#options.context;
    recorder.event(pod, { type: "Warning", reason: why.reason, message: why.message });
    statuses.set(pod, rejectedStatus(pod, why, clock.now_ms()));
    this.#refused.set(uidOf(pod), pod);
  }

  #startWorker(pod: Pod): PodWorker {
    const uid = uidOf(pod);
    const worker = new PodWorker(this.#options.context, pod, () => {
      this.#workers.delete(uid);
      this.#seen.delete(uid);
    });
    this.#workers.set(uid, worker);
    worker.start();
    return worker;
  }

  #update(pod: Pod): void {
    const uid = uidOf(pod);
    const worker = this.#workers.get(uid);
    if (worker !== undefined) {
      worker.update(this.#marked(pod));
      this.#options.context.statuses.observe(pod);
    } else if (this.#refused.has(uid)) this.#confirmRefused(pod);
    else if (!this.#isClosed) this.#add(pod);
  }

  /** Nothing of a refused pod was ever made: its deletion is confirmed at once. */
  #confirmRefused(pod: Pod): void {
    const { client, logger } = this.#options.context;
    if (pod.metadata.deletionTimestamp === undefined) return;
    const { namespace, name = "" } = pod.metadata;
    client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid: uidOf(pod) } }).catch((error) => logger.debug({ error: String(error) }, "a refused pod's deletion could not be confirmed"));
  }

  #remove(uid: string): void {
    this.#refused.delete(uid);
    this.#workers.get(uid)?.remove();
    if (!this.#workers.has(uid)) {
      this.#seen.delete(uid);
      this.#options.context.statuses.forget(uid);
    }
  }

  #marked(pod: Pod): Pod {
    const uid = uidOf(pod);
    const seen = this.#seen.get(uid) ?? new Date(this.#options.context.clock.now_ms()).toISOString();
    this.#seen.set(uid, seen);
    // Items of a list come without kind and version.
    return { ...pod, apiVersion: "v1", kind: "Pod", metadata: { ...pod.metadata, annotations: { ...pod.metadata.annotations, [SEEN]: seen, [SOURCE]: "api" } } };
  }

  /** The runtime has a pod that the API server does not have on this node: it is stopped and removed. */
  #adoptOrphan(identity: PodIdentity): void {
    const { informer, context } = this.#options;
    if (this.#workers.has(identity.uid) || this.#isClosed) return;
    const current = informer.get(`${identity.namespace}/${identity.name}`);
    if (current !== undefined && uidOf(current) === identity.uid) return;
    context.logger.info({ pod: `${identity.namespace}/${identity.name}`, uid: identity.uid }, "stopping a pod that is no longer of this node");
    const { uid, name, namespace } = identity;
    this.#startWorker({ apiVersion: "v1", kind: "Pod", metadata: { uid, name, namespace } }).remove();
  }

  /** Folders that an earlier run left of pods that are gone from the API server and from the runtime. */
  async #sweepFolders(): Promise<void> {
    const { paths, volumes, logger } = this.#options.context;
    try {
      const known = (uid: string) => this.#workers.has(uid) || this.#refused.has(uid);
      const folders = new Set([...(await namesIn(paths.pods)), ...(await namesIn(paths.secrets))]);
      for (const uid of folders) if (!known(uid)) await volumes.release(uid);
      for (const name of await namesIn(paths.logs)) if (!known(name.slice(name.lastIndexOf("_") + 1))) await rm(join(paths.logs, name), { recursive: true, force: true });
    } catch (error) {
      logger.warn({ error: String(error) }, "folders of earlier pods could not be removed");
    }
  }
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
