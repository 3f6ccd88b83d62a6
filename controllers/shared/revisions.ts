import { controllerrevisions, type Resource } from "../../api/resources.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import type { ControllerRevision, LabelSelector, PodTemplateSpec } from "../../api/wire.ts";
import { type Client, isReason } from "../../client/client.ts";
import type { Identified } from "../../client/informer.ts";
import type { ControllerContext } from "../controller.ts";
import { semanticEqual } from "./equal.ts";
import { OwnedObjects } from "./owned-objects.ts";
import { controllerRef } from "./owner.ts";
import { contentHash } from "./pod-hash.ts";

/** What has revisions: a DaemonSet or a StatefulSet. */
export interface RevisionOwner extends Identified {
  readonly spec?: { readonly selector?: LabelSelector; readonly template?: PodTemplateSpec; readonly revisionHistoryLimit?: number };
}

export interface RevisionSync {
  readonly newest: ControllerRevision;
  /** In order of their numbers. */
  readonly old: readonly ControllerRevision[];
  /** Greater than before when the hash collided. */
  readonly collisionCount: number | undefined;
}

const MAX_COLLISIONS = 10;
const DEFAULT_HISTORY = 10;

/** Templates of the past, kept as ControllerRevisions: what `kubectl rollout history` and `undo` read. */
export class RevisionHistory<O extends RevisionOwner> {
  readonly #client: Client;
  readonly #owners: Resource<O>;
  readonly #hashLabel: string;
  readonly #owned: OwnedObjects<O, ControllerRevision>;

  /** @param hashLabel the label that holds the hash of a template */
  constructor(context: ControllerContext, owners: Resource<O>, hashLabel: string) {
    this.#client = context.client;
    this.#owners = owners;
    this.#hashLabel = hashLabel;
    this.#owned = new OwnedObjects(context, { owners, owned: controllerrevisions, selectorOf: (owner) => matcherOf(owner.spec?.selector) });
  }

  /** The owner's revisions by number, orphans that match adopted. */
  async list(owner: O): Promise<ControllerRevision[]> {
    const mine = await this.#owned.claim(owner);
    return mine.sort((a, b) => (a.revision ?? 0) - (b.revision ?? 0));
  }

  /** The revision of the owner's template, made or brought to the front where needed. */
  async sync(owner: O, revisions: readonly ControllerRevision[], collisionCount: number | undefined): Promise<RevisionSync> {
    const data = templatePatch(owner.spec?.template);
    const last = revisions.at(-1);
    const equal = revisions.findLast((revision) => semanticEqual(revision.data, data));
    if (equal !== undefined) {
      const old = revisions.filter((revision) => revision !== equal);
      if (equal === last) return { newest: equal, old, collisionCount };
      return { newest: await this.#client.update(controllerrevisions, { ...equal, revision: (last?.revision ?? 0) + 1 }), old, collisionCount };
    }
    return { ...(await this.#create(owner, data, (last?.revision ?? 0) + 1, collisionCount)), old: revisions };
  }

  /** Deletes the oldest beyond the limit that are not `live`. */
  async truncate(owner: O, old: readonly ControllerRevision[], live: (revision: ControllerRevision) => boolean): Promise<void> {
    const limit = owner.spec?.revisionHistoryLimit ?? DEFAULT_HISTORY;
    const dead = old.filter((revision) => !live(revision));
    for (const revision of dead.slice(0, Math.max(0, dead.length - limit))) {
      const { namespace, name = "", uid = "" } = revision.metadata;
      await this.#client.delete(controllerrevisions, { namespace, name }, { preconditions: { uid } }).catch((error: unknown) => {
        if (!isReason(error, "NotFound") && !isReason(error, "Conflict")) throw error;
      });
    }
  }

  hashOf(revision: ControllerRevision): string {
    return revision.metadata.labels?.[this.#hashLabel] ?? "";
  }

  /** The name follows from the template's hash; one that is taken by other content counts as a collision. */
  async #create(owner: O, data: unknown, revision: number, collisions: number | undefined): Promise<{ newest: ControllerRevision; collisionCount: number | undefined }> {
    const { namespace = "", name: ownerName = "", annotations } = owner.metadata;
    let collisionCount = collisions;
    for (let attempt = 0; ; attempt++) {
      const hash = contentHash(data, collisionCount);
      const name = `${ownerName}-${hash}`;
      const labels = { ...owner.spec?.template?.metadata?.labels, [this.#hashLabel]: hash };
      const metadata = { name, namespace, labels, ...(annotations ? { annotations } : {}), ownerReferences: [controllerRef(owner, this.#owners)] };
      try {
        const made = await this.#client.create(controllerrevisions, { apiVersion: "apps/v1", kind: "ControllerRevision", metadata, data: data as object, revision });
        return { newest: made, collisionCount };
      } catch (error) {
        if (!isReason(error, "AlreadyExists") || attempt >= MAX_COLLISIONS) throw error;
        const existing = await this.#client.get(controllerrevisions, { namespace, name });
        const ours = existing.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
        if (ours && semanticEqual(existing.data, data)) return { newest: existing, collisionCount };
        collisionCount = (collisionCount ?? 0) + 1;
      }
    }
  }
}

/** The strategic merge patch that brings a template back. */
export function templatePatch(template: PodTemplateSpec | undefined): { spec: { template: Record<string, unknown> } } {
  return { spec: { template: { ...template, $patch: "replace" } } };
}

/** The template of a revision. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _patch, ...template } = (revision.data as unknown as { spec: { template: Record<string, unknown> } }).spec.template;
  return template as PodTemplateSpec;
}
