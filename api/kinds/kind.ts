import type { UserInfo } from "../exchange.ts";
import type { MergeType } from "../fieldmanager/merge-type.ts";
import type { Versions } from "../fieldmanager/updater.ts";
import type { FieldError } from "../status/field-error.ts";
import type { ApiObject } from "../wire.ts";

/**
 * One declarative entry per kind: all that the generic registry needs to serve it. Everything here is pure.
 * An object passed to a hook is the registry's own mutable copy unless it is marked readonly (`old` objects are frozen).
 * Hooks are declared as methods, so an entry of Pods is also an entry of ApiObjects.
 */
export interface KindEntry<T extends ApiObject = ApiObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** `PodList`. */
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** As discovery lists them. Only `create`: a virtual kind (a review, a binding) that is answered and never stored. */
  readonly verbs: readonly Verb[];
  /** Text of the `Warning` header of every request to it. */
  readonly deprecation?: string;
  /** Name in api/schema: `io.k8s.api.core.v1.Pod`. */
  readonly definition: string;
  readonly subresources: Readonly<Record<string, Subresource<T>>>;
  readonly strategy: Strategy<T>;
  readonly columns: readonly Column<T>[];
  /** What a table's row says of the object as a whole (`conditions` of the row), where there is something to say. */
  rowConditions?(object: T): readonly RowCondition[];
  /** Field selector key → value; `metadata.name` and (namespaced kinds) `metadata.namespace` are there for every kind. */
  readonly selectableFields: Readonly<Record<string, FieldGetter<T>>>;
  /** Where another version of the same stored kind lives (events.k8s.io Event is stored as the core Event): hooks run on this entry's own version. */
  readonly storedAs?: StoredAs;
  /** Many objects, short-lived and seldom read (Events): an API server keeps none of them in memory. */
  readonly uncached?: boolean;
  /** How server-side apply merges its values; absent: as `definition` says. Custom resources have it from their schema (fieldmanager/structural.ts). */
  readonly merging?: Merging;
}

export interface Merging {
  readonly type: MergeType;
  /** The kind's other versions, in whose terms managers may own fields; absent: there are none. */
  readonly versions?: Versions;
}

export interface StoredAs {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  toStored(object: ApiObject): ApiObject;
  fromStored(object: ApiObject): ApiObject;
}

export type Verb = "create" | "delete" | "deletecollection" | "get" | "list" | "patch" | "update" | "watch";

export type FieldGetter<T extends ApiObject = ApiObject> = { get(object: T): string }["get"];

export type CellValue = string | number | boolean | null;

export interface Column<T extends ApiObject = ApiObject> {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format: string;
  /** 0, or 1: only with `-o wide`. */
  readonly priority: number;
  readonly description: string;
  /** The cell is in every row and the definition is missing: Kubernetes answers so for IPAddresses. */
  readonly undefinedColumn?: boolean;
  /** The cell; `now_ms` for ages. */
  cell(object: T, now_ms: number): CellValue;
}

/** metav1.TableRowCondition. */
export interface RowCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
}

/** How a subresource is served: the registry has one handler for each `type`. */
export interface Subresource<T extends ApiObject = ApiObject> {
  /**
   * status, finalize, resize, ephemeralcontainers, approval: the object itself, read and written through `strategy`.
   * scale: autoscaling/v1 Scale, read and written through `scale`.
   * connect: exec, attach, portforward, log, proxy: goes to the node's agent.
   * create: a POST-only action whose body is of `body` (binding, eviction, token).
   */
  readonly type: "status" | "scale" | "finalize" | "resize" | "ephemeralcontainers" | "approval" | "connect" | "create";
  /** As discovery names it; group and version are absent where they are the parent's. */
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly Verb[];
  /** Update hooks instead of the entry's own, where the subresource writes the object itself. */
  readonly strategy?: UpdateStrategy<T>;
  readonly scale?: ScaleAccess<T>;
  readonly body?: BodyKind;
}

/** A kind that is only ever the body of a subresource request: defaulted and validated, never stored. */
export interface BodyKind<B extends ApiObject = ApiObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly definition: string;
  applyDefaults?(object: B): void;
  validate?(object: B): FieldError[];
}

/** What autoscaling/v1 Scale shows of an object, and the one field that it may change. */
export interface ScaleAccess<T extends ApiObject = ApiObject> {
  /** undefined: the object does not say (custom resources only). */
  replicas(object: T): number | undefined;
  setReplicas(object: T, replicas: number): void;
  statusReplicas(object: T): number;
  /** The selector in string form, as in `status.selector`. */
  selector(object: T): string;
  /** Where each version of the kind (`apps/v1`) keeps its replicas; absent: `spec.replicas` in its only one. */
  readonly replicasPaths?: Readonly<Record<string, string>>;
  /** Where a custom resource keeps its replicas: `.spec.replicas`. Its own rules judge them. */
  readonly specReplicasPath?: string;
}

/** What a hook knows of the request besides the objects. */
export interface StrategyContext {
  readonly user: UserInfo;
  readonly now_ms: number;
  /** `""` on the main resource. */
  readonly subresource: string;
  /** The server lets containers be privileged (kube-apiserver's --allow-privileged); absent: no, as there. */
  readonly allowPrivileged?: boolean;
  /** Takes the text of a `Warning` header from a prepare hook: it is sent also when the request is refused after. */
  warn?(text: string): void;
}

/**
 * The hooks of a write to an existing object. The registry's order: generation, uid, creationTimestamp and deletion fields are carried over from `old`,
 * `prepareForUpdate`, generic metadata rules (api/validation/object-meta.ts), `validateUpdate`, `warnings`; all errors together make one 422.
 */
export interface UpdateStrategy<T extends ApiObject = ApiObject> {
  /** Keeps what this verb may not change (status on the main resource, all but status on /status), bumps metadata.generation. */
  prepareForUpdate?(object: T, old: T, context: StrategyContext): void;
  /** Every rule of the kind, metadata included (Kubernetes checks it twice, and both findings are in the answer). */
  validateUpdate?(object: T, old: T, context: StrategyContext): FieldError[];
  /** Last changes to an object that was found valid, before it is stored. */
  canonicalize?(object: T): void;
  /** Texts of `Warning` headers on create (`old` is undefined) and update. */
  warnings?(object: T, old: T | undefined): string[];
}

/**
 * Of a kind whose objects are made many at a time from one template, alike but for their metadata: what is left to do for a new one when an object with
 * the same `spec` was made before, which was valid and its spec without a warning. Such a kind has no `canonicalize`.
 */
export interface AlikeRules<T extends ApiObject = ApiObject> {
  /** Defaults, preparation and rules of the spec look at nothing else in this object (no name, label or annotation): only then may they be left out. */
  isSpecApart(object: T): boolean;
  /** `applyDefaults` without those of the spec. */
  applyDefaults(object: T): void;
  /** `prepareForCreate` without what it does to the spec. */
  prepareForCreate(object: T, context: StrategyContext): void;
  /** `validate` without the rules of the spec: those of metadata, the registry's own among them. */
  validate(object: T): FieldError[];
  /** `warnings` without those of the spec. */
  warnings(object: T): string[];
}

/** After apiserver's rest strategies: what is particular to a kind. Each hook may be absent. */
export interface Strategy<T extends ApiObject = ApiObject> extends UpdateStrategy<T> {
  readonly alike?: AlikeRules<T>;
  /** Fills defaults (the defaulting functions of the kind); runs on every decoded object before admission and is idempotent. */
  applyDefaults?(object: T): void;
  /** Drops what a client may not set at creation (status), sets what the server sets (generation). */
  prepareForCreate?(object: T, context: StrategyContext): void;
  /** Every rule of the kind, metadata and its name rule included, in Kubernetes' order. */
  validate?(object: T, context: StrategyContext): FieldError[];
  /** PUT of an absent name creates it; false unless said otherwise. */
  readonly allowCreateOnUpdate?: boolean;
  /** PUT without a resourceVersion is accepted; true unless said otherwise. */
  readonly allowUnconditionalUpdate?: boolean;
  /** A DELETE without a word on dependents leaves them; the text is the `Warning` of it, where there is one. */
  readonly orphansDependents?: { readonly warning?: string };
  /** A DELETE that removes the object answers it instead of a Status (pods, services, serviceaccounts, …). */
  readonly returnDeletedObject?: boolean;
  /** What the first DELETE writes into the object besides deletionTimestamp, whatever it asks for: others finish the deletion. `now`: RFC 3339. */
  markForDeletion?(object: T, now: string): void;
  /** Seconds of grace for a deletion (pods), or undefined for immediate deletion. `requested_s` is what the client asked. */
  gracePeriod_s?(object: T, requested_s: number | undefined): number | undefined;
}
