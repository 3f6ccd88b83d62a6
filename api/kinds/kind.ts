import type { UserInfo } from "../exchange.ts";
import type { ApiObject } from "../wire.ts";
import type { FieldError } from "../status/field-error.ts";

/**
 * One declarative entry per kind: all that the generic registry needs to serve it. Everything here is pure.
 * An object passed to a hook is the registry's own mutable copy unless it is marked readonly.
 */
export interface KindEntry {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** `PodList` unless said otherwise. */
  readonly listKind?: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  /** Name in api/schema: `io.k8s.api.core.v1.Pod`. */
  readonly definition: string;
  readonly subresources?: Readonly<Record<string, Subresource>>;
  readonly strategy: Strategy;
  readonly columns: readonly Column[];
  /** Field selector key → value; `metadata.name` and `metadata.namespace` are there for every kind. */
  readonly selectableFields?: Readonly<Record<string, (object: ApiObject) => string>>;
  /** Where another version of the same stored kind lives (core Event and events.k8s.io Event): stored as that one. */
  readonly storedAs?: { readonly group: string; readonly version: string; readonly kind: string; toStored(object: ApiObject): ApiObject; fromStored(object: ApiObject): ApiObject };
}

export type Verb = "create" | "delete" | "deletecollection" | "get" | "list" | "patch" | "update" | "watch";

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format: string;
  readonly priority: number;
  readonly description: string;
  /** The cell; `now_ms` for ages. */
  cell(object: ApiObject, now_ms: number): string | number | boolean | null;
}

/** How a subresource is served: the registry has one handler for each `type`. */
export interface Subresource {
  /**
   * status: the object, only its status (and what the strategy allows) changes. scale: autoscaling/v1 Scale.
   * connect: exec, attach, portforward, log, proxy: goes to the node's agent. create: a POST-only action with its own kind.
   */
  readonly type: "status" | "scale" | "finalize" | "resize" | "ephemeralcontainers" | "approval" | "connect" | "create";
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly Verb[];
}

/** What a hook knows of the request besides the objects. */
export interface StrategyContext {
  readonly user: UserInfo;
  readonly now_ms: number;
  readonly subresource: string;
}

/** After apiserver's rest strategies: what is particular to a kind. Each hook may be absent. */
export interface Strategy {
  /** Fills schema defaults (the defaulting functions of the kind); runs on every decoded object, on write and on read of old data. */
  applyDefaults?(object: ApiObject): void;
  /** Drops what a client may not set at creation (status, generation), sets what the server sets. */
  prepareForCreate?(object: ApiObject, context: StrategyContext): void;
  validate?(object: ApiObject, context: StrategyContext): FieldError[];
  /** Texts of `Warning` headers on create and update. */
  warnings?(object: ApiObject, old: ApiObject | undefined): string[];
  /** Keeps what this verb may not change (status on the main resource, all but status on /status), bumps metadata.generation. */
  prepareForUpdate?(object: ApiObject, old: ApiObject, context: StrategyContext): void;
  /** Runs after the generic metadata update rules. */
  validateUpdate?(object: ApiObject, old: ApiObject, context: StrategyContext): FieldError[];
  /** PUT of an absent name creates it. */
  readonly allowCreateOnUpdate?: boolean;
  /** PUT without a resourceVersion is accepted; true unless said otherwise. */
  readonly allowUnconditionalUpdate?: boolean;
  /** Name rule for metadata.name: returns messages (dns-1123 subdomain unless said otherwise). */
  validateName?(name: string, prefix: boolean): string[];
  /** Seconds of grace for a deletion (pods), or undefined for immediate deletion. `requested_s` is what the client asked. */
  gracePeriod_s?(object: ApiObject, requested_s: number | undefined): number | undefined;
}
