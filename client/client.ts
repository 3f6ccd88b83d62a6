import type { WatchEvent } from "../api/exchange.ts";
import type { Resource } from "../api/resources.ts";
import type { LabelSelector, ListMeta, Status } from "../api/wire.ts";

/** Names one object. `namespace` is left out for cluster-scoped kinds. */
export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface List<T> {
  readonly metadata: ListMeta;
  readonly items: readonly T[];
}

export interface WatchOptions extends Omit<ListOptions, "limit" | "continue"> {
  readonly allowWatchBookmarks?: boolean;
  readonly timeout_s?: number;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

/**
 * The REST client that every component uses; one interface over two transports (client/http, client/in-process).
 * Every refusal is an ApiError with the server's Status. Objects that come back are frozen: copy before changing.
 */
export interface Client {
  get<T>(resource: Resource<T>, key: ObjectKey, options?: { subresource?: string; signal?: AbortSignal }): Promise<T>;
  list<T>(resource: Resource<T>, options?: ListOptions, signal?: AbortSignal): Promise<List<T>>;
  /** Ends quietly when the server ends it or `signal` aborts; an ERROR event is thrown as ApiError. */
  watch<T>(resource: Resource<T>, options: WatchOptions, signal: AbortSignal): AsyncIterable<readonly WatchEvent<T>[]>;
  create<T>(resource: Resource<T>, object: T, options?: WriteOptions & { namespace?: string }): Promise<T>;
  /** POST to a subresource (binding, eviction, token). */
  createSubresource<B, R>(resource: Resource<unknown>, key: ObjectKey, subresource: string, body: B, options?: WriteOptions): Promise<R>;
  /** PUT of the whole object (its metadata names it), or of a subresource of it. */
  update<T>(resource: Resource<T>, object: T, options?: WriteOptions & { subresource?: string }): Promise<T>;
  patch<T>(resource: Resource<T>, key: ObjectKey, type: PatchType, patch: unknown, options?: WriteOptions & { subresource?: string; force?: boolean }): Promise<T>;
  /** The deleted or terminating object, or the Status that the server answered. */
  delete<T>(resource: Resource<T>, key: ObjectKey, options?: DeleteOptions): Promise<T | Status>;
  deleteCollection(resource: Resource<unknown>, list: ListOptions, options?: DeleteOptions): Promise<void>;
  close(): void;
}

/** The server refused: `status` is its answer, `status.reason` what to branch on. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: Status;
  constructor(status: Status) {
    super(status.message ?? `request failed with code ${status.code}`);
    this.status = status;
  }
}

export function isReason(error: unknown, reason: "NotFound" | "AlreadyExists" | "Conflict" | "Invalid" | "Forbidden" | "Unauthorized" | "Expired" | "Gone" | "TooManyRequests" | "Timeout"): boolean {
  return error instanceof ApiError && error.status.reason === reason;
}

export type { LabelSelector };
