import type { WatchEvent } from "../api/exchange.ts";
import type { Resource } from "../api/resources.ts";
import type { ListMeta, Status } from "../api/wire.ts";

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
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
  /** Only metadata is needed: over HTTP the server is asked for PartialObjectMetadata; in process the shared objects come whole. */
  readonly metadataOnly?: boolean;
}

export interface List<T> {
  readonly metadata: ListMeta;
  readonly items: readonly T[];
}

export interface WatchOptions extends Omit<ListOptions, "limit" | "continue"> {
  readonly allowWatchBookmarks?: boolean;
  readonly timeout_s?: number;
}

export interface GetOptions {
  readonly subresource?: string;
  readonly resourceVersion?: string;
  readonly signal?: AbortSignal;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
  readonly signal?: AbortSignal;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  /** Of a pod: its DisruptionTarget condition is written with the deletion (a parameter that only Berth's API server knows). */
  readonly disruption?: { readonly reason: string; readonly message: string };
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

/** Any request, for what the typed calls do not cover: Tables, logs, discovery, OpenAPI, health. */
export interface RawRequest {
  readonly method?: string;
  /** Path and query: `/api/v1/namespaces/default/pods/x/log?follow=true`. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
  /** How long the answer's headers may take; the transport's default where absent. The body may go on for ever. */
  readonly timeout_ms?: number;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The body as it arrives; read it to its end or abort the request. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * The REST client that every component uses; one interface over two transports (client/http, client/in-process).
 * Every refusal is an ApiError with the server's Status; a server that cannot be reached is a ConnectionError. Objects that come back are frozen: copy before changing.
 */
export interface Client {
  get<T>(resource: Resource<T>, key: ObjectKey, options?: GetOptions): Promise<T>;
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
  /** @throws ApiError when the status is 400 or above */
  request(request: RawRequest): Promise<RawResponse>;
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

/** No answer from the API server. When `outcomeUnknown`, a write may or may not have been done: re-read before trying again. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly outcomeUnknown: boolean;
  constructor(message: string, options: { outcomeUnknown: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.outcomeUnknown = options.outcomeUnknown;
  }
}

export type ReasonName =
  | "BadRequest"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Invalid"
  | "Forbidden"
  | "Unauthorized"
  | "Expired"
  | "Gone"
  | "MethodNotAllowed"
  | "TooManyRequests"
  | "Timeout"
  | "ServerTimeout"
  | "InternalError"
  | "ServiceUnavailable";

export function isReason(error: unknown, reason: ReasonName): boolean {
  return error instanceof ApiError && error.status.reason === reason;
}
