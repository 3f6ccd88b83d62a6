import { controllerrevisions } from "../../api/resources.ts";
import { type LabelMatcher, matcherOf } from "../../api/selector/labels.ts";
import type { ControllerRevision, LabelSelector, PodTemplateSpec } from "../../api/wire.ts";
import { type Client, isReason } from "../../client/client.ts";
import type { Identified, Informer } from "../../client/informer.ts";
import { adoptPatch, claim, releasePatch } from "./claim.ts";
import { semanticEqual } from "./equal.ts";
import { byController, byOrphanage, CONTROLLER_INDEX, controllerRef, ORPHAN_INDEX } from "./owner.ts";
import { contentHash } from "./pod-hash.ts";

/** What has revisions: a DaemonSet or a StatefulSet. */
export interface RevisionOwner extends Identified {
  readonly spec?: { readonly selector?: LabelSelector; readonly template?: PodTemplateSpec; readonly revisionHistoryLimit?: number };
}

export interface RevisionKind {
  readonly gvk: { readonly apiVersion: string; readonly kind: string };
  /** Label that holds the hash. */
  readonly hashLabel: string;
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
export class RevisionHistory {
  readonly #client: Client;
  readonly #informer: Informer<ControllerRevision>;
  readonly #kind: RevisionKind;

  constructor(client: Client, informer: Informer<ControllerRevision>, kind: RevisionKind) {
    this.#client = client;
    this.#informer = informer;
    this.#kind = kind;
    informer.addIndex(CONTROLLER_INDEX, byController);
    informer.addIndex(ORPHAN_INDEX, byOrphanage);
  }

  /** The owner's revisions by number, orphans that match adopted. `mayAdopt`: see ClaimEffects. */
  async list(owner: RevisionOwner, mayAdopt: () => Promise<boolean>): Promise<ControllerRevision[]> {
    const { namespace = "", uid = "" } = owner.metadata;
    const selector: LabelMatcher = matcherOf(owner.spec?.selector);
    const candidates = [...this.#informer.byIndex(CONTROLLER_INDEX, uid), ...this.#informer.byIndex(ORPHAN_INDEX, namespace)];
    const key = (revision: ControllerRevision) => ({ namespace, name: revision.metadata.name ?? "" });
    const mine = await claim(owner, candidates, selector, {
      mayAdopt,
      adopt: (revision) => this.#client.patch(controllerrevisions, key(revision), "merge", adoptPatch(revision, controllerRef(owner, this.#kind.gvk))),
      release: async (revision) => {
        await this.#client.patch(controllerrevisions, key(revision), "merge", releasePatch(revision, uid));
      },
    });
    return mine.sort((a, b) => (a.revision ?? 0) - (b.revision ?? 0));
  }

  /** The revision of the owner's template, made or brought to the front where needed. */
  async sync(owner: RevisionOwner, revisions: readonly ControllerRevision[], collisionCount: number | undefined): Promise<RevisionSync> {
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
  async truncate(owner: RevisionOwner, old: readonly ControllerRevision[], live: (revision: ControllerRevision) => boolean): Promise<void> {
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
    return revision.metadata.labels?.[this.#kind.hashLabel] ?? "";
  }

  /** The name follows from the template's hash; one that is taken by other content counts as a collision. */
  async #create(owner: RevisionOwner, data: unknown, revision: number, collisions: number | undefined): Promise<{ newest: ControllerRevision; collisionCount: number | undefined }> {
    const { namespace = "", name: ownerName = "", annotations } = owner.metadata;
    let collisionCount = collisions;
    for (let attempt = 0; ; attempt++) {
      const hash = contentHash(data, collisionCount);
      const name = `${ownerName}-${hash}`;
      const labels = { ...owner.spec?.template?.metadata?.labels, [this.#kind.hashLabel]: hash };
      const metadata = { name, namespace, labels, ...(annotations ? { annotations } : {}), ownerReferences: [controllerRef(owner, this.#kind.gvk)] };
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
