import { setCondition } from "../../api/kinds/apiextensions/custom-resource-definition.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { StatusError } from "../../api/status/errors.ts";
import { approvalOf, isProtectedGroup } from "../../api/validation/apiextensions/approval.ts";
import { isConditionTrue } from "../../api/validation/apiextensions/definition.ts";
import type { ApiObject, CustomResourceDefinition } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { CacheEvent } from "../registry/cache-event.ts";
import type { CachedObject } from "../registry/cached-object.ts";
import { fieldManagerOf } from "../registry/field-managers.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import type { Registry, Reservation } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { API_SERVER_USER } from "../registry/system-write.ts";
import { updateObject } from "../registry/update.ts";
import { type AcceptedNames, acceptNames } from "./accepted-names.ts";
import { CleanUp } from "./clean-up.ts";
import type { CustomKinds } from "./custom-kinds.ts";

const RETRY_MS = 500;
/** Names of a group are accepted one definition after another, also by several servers: each acceptance writes this key. */
const NAMES_PREFIX = "/registry/berth.dev/accepted-names/";
const MANAGER = "kube-apiserver";
const NO_STATUS: NonNullable<CustomResourceDefinition["status"]> = { conditions: [], acceptedNames: { plural: "", kind: "" }, storedVersions: [] };

/**
 * Writes the status of CustomResourceDefinitions: names accepted, established, approved, and their deletion. Every server runs it: all come to
 * the same result, and compare-and-swap lets one of them write it.
 */
export class DefinitionController {
  readonly #registry: Registry;
  readonly #kind: ServedKind;
  readonly #objects: KindCache;
  readonly #custom: CustomKinds;
  readonly #cleanUp: CleanUp;
  /** Names that each definition has been given, by its own name: so that one is judged without reading all others. */
  readonly #accepted = new Map<string, AcceptedNames>();
  readonly #dirty = new Set<string>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  readonly #cleanups: (() => void)[] = [];

  constructor(registry: Registry, kind: ServedKind, custom: CustomKinds) {
    this.#registry = registry;
    this.#kind = kind;
    this.#objects = registry.cache.of(kind);
    this.#custom = custom;
    this.#cleanUp = new CleanUp({ registry, custom, update: (name, change) => this.#update(name, change) });
  }

  start(): void {
    this.#cleanups.push(
      this.#objects.listen({}, (event) => this.#follow(event)),
      this.#custom.onChange((name) => this.#mark(name)),
    );
    for (const definition of this.#objects.snapshot().range("", "")) {
      this.#note(definition);
      this.#mark(definition.name);
    }
  }

  #follow({ key, current }: CacheEvent): void {
    this.#mark(key);
    if (current !== undefined) {
      this.#note(current);
      return;
    }
    // Names are free again: whoever of the group waits for them is looked at anew.
    this.#accepted.delete(key);
    for (const other of this.#accepted.keys()) if (groupOf(other) === groupOf(key)) this.#mark(other);
  }

  #note(definition: CachedObject): void {
    const accepted = (definition.object() as CustomResourceDefinition).status?.acceptedNames;
    if (accepted === undefined) this.#accepted.delete(definition.name);
    else this.#accepted.set(definition.name, structuredClone(accepted));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    this.#cleanUp.close();
    await this.#running;
  }

  #mark(name: string): void {
    this.#dirty.add(name);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#dirty.size > 0 && !this.#stop.signal.aborted) this.#mark([...this.#dirty][0]!);
    });
  }

  async #run(): Promise<void> {
    // What marks it (an event, in the middle of the cache's work) goes on first.
    await Promise.resolve();
    for (const name of this.#dirty) {
      if (this.#stop.signal.aborted) return;
      this.#dirty.delete(name);
      try {
        await this.#reconcile(name);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#registry.logger.warn({ err: error, definition: name }, "a CustomResourceDefinition's status could not be written; trying again");
        this.#registry.clock.after(RETRY_MS, () => this.#mark(name), { background: true });
      }
    }
  }

  async #reconcile(name: string): Promise<void> {
    const definition = this.#objects.get(name)?.object() as CustomResourceDefinition | undefined;
    if (definition === undefined) return;
    if (definition.metadata.deletionTimestamp) {
      this.#cleanUp.begin(name);
      return;
    }
    if (this.#isUnsettled(definition)) {
      const names = await this.#claim(name);
      await this.#update(name, (next, now) => names(next, now), names.reservation);
    }
    if (this.#custom.serves(name) && !isConditionTrue(definition, "Established")) await this.#update(name, establish);
  }

  /** Its names or its approval would be judged otherwise than its status says. */
  #isUnsettled(definition: CustomResourceDefinition): boolean {
    const copy: CustomResourceDefinition = { ...definition, status: structuredClone(definition.status ?? NO_STATUS) };
    this.#judge(copy, "");
    return !equalJson(copy.status, definition.status);
  }

  /** True when other names are accepted than before. */
  #judge(definition: CustomResourceDefinition, now: string): boolean {
    const name = definition.metadata.name ?? "";
    const taken: AcceptedNames[] = [];
    for (const [other, names] of this.#accepted) if (other !== name && groupOf(other) === groupOf(name)) taken.push(names);
    const changed = acceptNames(definition, taken, now);
    judgeApproval(definition, now);
    return changed;
  }

  /** Accepts the names under the group's key, so that of two servers one sees what the other accepted. */
  async #claim(name: string): Promise<Change & { reservation: () => Reservation }> {
    const key = NAMES_PREFIX + groupOf(name);
    const { store, cache } = this.#registry;
    const found = await store.range({ start: key, end: `${key}\0`, limit: 1 });
    const modRevision = found.items[0]?.modRevision ?? 0;
    // What was accepted before that key was read is in the cache now.
    await cache.fresh();
    let changed = false;
    const change = (next: CustomResourceDefinition, now: string): boolean => {
      changed = this.#judge(next, now);
      return true;
    };
    const reservation = (): Reservation => (changed ? { compare: [{ key, modRevision }], operations: [{ type: "put", key, value: Buffer.from(name) }] } : { compare: [], operations: [] });
    return Object.assign(change, { reservation });
  }

  /** Changes a definition's status, and its finalizers; false from `change` leaves it. */
  async #update(name: string, change: Change, reserve?: () => Reservation): Promise<void> {
    const { clock, kinds } = this.#registry;
    const next = (old: ApiObject | undefined): ApiObject => {
      const copy = structuredClone(old) as CustomResourceDefinition;
      return change(copy, rfc3339(clock.now_ms())) ? copy : (structuredClone(old) as ApiObject);
    };
    const strategy = this.#kind.entry.subresources["status"]?.strategy ?? {};
    const request = { name, subresource: "status", strategy, next, internal: true, isPatch: true, fieldManager: fieldManagerOf(kinds, this.#kind, "status"), ...(reserve === undefined ? {} : { reserve }) };
    try {
      await updateObject(this.#registry, this.#kind, request, { user: API_SERVER_USER, namespace: "", manager: MANAGER, dryRun: false, now_ms: clock.now_ms(), warnings: [] });
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== "NotFound") throw error;
    }
  }
}

/** Changes a definition; false: it is as it should be. `now`: RFC 3339. */
export type Change = (definition: CustomResourceDefinition, now: string) => boolean;

/** `PLURAL.GROUP` → GROUP: plurals have no dot. */
function groupOf(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}

/** Its objects can be read and written from now on. */
function establish(definition: CustomResourceDefinition, now: string): boolean {
  if (definition.metadata.deletionTimestamp || !isConditionTrue(definition, "NamesAccepted") || isConditionTrue(definition, "Established")) return false;
  setCondition(definition, { type: "Established", status: "True", reason: "InitialNamesAccepted", message: "the initial names have been accepted" }, now);
  return true;
}

const APPROVALS = {
  approved: ["True", "ApprovedAnnotation"],
  bypassed: ["False", "UnapprovedAnnotation"],
  missing: ["False", "MissingAnnotation"],
  invalid: ["False", "InvalidAnnotation"],
} as const;

/** Definitions in groups of Kubernetes' own say whether they were approved. */
function judgeApproval(definition: CustomResourceDefinition, now: string): void {
  if (!isProtectedGroup(definition.spec?.group ?? "")) return;
  const { state, reason: message } = approvalOf(definition);
  const [status, reason] = APPROVALS[state];
  setCondition(definition, { type: "KubernetesAPIApprovalPolicyConformant", status, reason, message }, now);
}
