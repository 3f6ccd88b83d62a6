import { pods } from "../../api/resources.ts";
import type { OwnerReference, Pod, PodTemplateSpec } from "../../api/wire.ts";
import { ApiError, type Client, ConnectionError, isReason } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import type { Identified } from "../../client/informer.ts";
import { nameSuffix, type Random } from "../../lib/random.ts";

/** Longest part of a name before the random suffix. */
const MAX_NAME_BASE = 58;
const MAX_TRIES = 4;
/** Names whose creation may still take effect, over all owners. */
const MAX_UNCERTAIN = 4096;

/** Name, owner and labels of a pod that a controller makes. */
export interface PodToCreate {
  readonly namespace: string;
  readonly template: PodTemplateSpec;
  readonly owner: OwnerReference;
  /** `web-` for a random name. */
  readonly generateName?: string;
  /** A fixed name. */
  readonly name?: string;
}

/** The namespace is going away: nothing can be created there, and trying again is in vain. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof ApiError && (error.status.details?.causes ?? []).some((cause) => cause.reason === "NamespaceTerminating");
}

/** The pod's object. */
export function podFromTemplate(spec: PodToCreate, name: string): Pod {
  const { labels, annotations, finalizers } = spec.template.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      ...(spec.generateName === undefined ? {} : { generateName: spec.generateName }),
      namespace: spec.namespace,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [spec.owner],
    },
    ...(spec.template.spec ? { spec: spec.template.spec } : {}),
  };
}

/** What the events say. */
export interface PodTexts {
  created(name: string): string;
  createFailed(name: string, error: string): string;
  deleted(name: string): string;
  deleteFailed(name: string, error: string): string;
}

const TEXTS: PodTexts = {
  created: (name) => `Created pod: ${name}`,
  createFailed: (_name, error) => `Error creating: ${error}`,
  deleted: (name) => `Deleted pod: ${name}`,
  deleteFailed: (_name, error) => `Error deleting: ${error}`,
};

/** Creates and deletes pods for a controller and says so in events of the owner. */
export class PodControl {
  readonly #client: Client;
  readonly #random: Random;
  readonly #events: EventRecorder;
  /** Names that were sent and never answered, with their owner: the owner's next pod takes such a name, so that a late effect makes no second one. */
  readonly #uncertain = new Map<string, string>();

  constructor(client: Client, random: Random, events: EventRecorder) {
    this.#client = client;
    this.#random = random;
    this.#events = events;
  }

  /**
   * Creates one pod. The name is chosen here, not by the server: when an answer is lost, the same name is tried again, so that one pod is made
   * and not two. @throws ApiError | ConnectionError, after an event FailedCreate
   */
  async create(owner: Identified, spec: PodToCreate, texts = TEXTS): Promise<Pod> {
    try {
      const pod = await this.#createOnce(spec);
      this.#events.event(owner, { type: "Normal", reason: "SuccessfulCreate", message: texts.created(pod.metadata.name ?? "") });
      return pod;
    } catch (error) {
      if (!isNamespaceTerminating(error)) this.#events.event(owner, { type: "Warning", reason: "FailedCreate", message: texts.createFailed(spec.name ?? "", messageOf(error)) });
      throw error;
    }
  }

  /** Deletes the pod if it is still this one. @throws ApiError | ConnectionError, after an event FailedDelete */
  async delete(owner: Identified, pod: Pod, texts = TEXTS): Promise<void> {
    const { namespace, name = "", uid } = pod.metadata;
    try {
      await this.#client.delete(pods, { namespace, name }, uid === undefined ? {} : { preconditions: { uid } });
      this.#events.event(owner, { type: "Normal", reason: "SuccessfulDelete", message: texts.deleted(name) });
    } catch (error) {
      // Gone, or another pod of the same name.
      if (isReason(error, "NotFound") || isReason(error, "Conflict")) return;
      this.#events.event(owner, { type: "Warning", reason: "FailedDelete", message: texts.deleteFailed(name, messageOf(error)) });
      throw error;
    }
  }

  async #createOnce(spec: PodToCreate): Promise<Pod> {
    let { name, uncertain } = this.#takeName(spec);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#client.create(pods, podFromTemplate(spec, name));
      } catch (error) {
        if (error instanceof ConnectionError && error.outcomeUnknown) uncertain = true;
        else if (!isReason(error, "AlreadyExists")) throw error;
        else if (uncertain) {
          const existing = await this.#client.get(pods, { namespace: spec.namespace, name });
          if (existing.metadata.ownerReferences?.some((owner) => owner.uid === spec.owner.uid)) return existing;
          ({ name, uncertain } = this.#takeName(spec));
        } else if (spec.name !== undefined) throw error;
        else ({ name, uncertain } = this.#takeName(spec));
        if (attempt < MAX_TRIES) continue;
        if (uncertain && spec.name === undefined) this.#remember(name, spec.owner.uid);
        throw error;
      }
    }
  }

  #takeName(spec: PodToCreate): { name: string; uncertain: boolean } {
    if (spec.name !== undefined) return { name: spec.name, uncertain: true };
    const base = (spec.generateName ?? "").slice(0, MAX_NAME_BASE);
    for (const [name, owner] of this.#uncertain) {
      if (owner !== spec.owner.uid) continue;
      this.#uncertain.delete(name);
      return { name, uncertain: true };
    }
    return { name: `${base}${nameSuffix(this.#random)}`, uncertain: false };
  }

  #remember(name: string, owner: string): void {
    this.#uncertain.set(name, owner);
    if (this.#uncertain.size <= MAX_UNCERTAIN) return;
    for (const oldest of this.#uncertain.keys()) {
      this.#uncertain.delete(oldest);
      return;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
