import type { ApiRequest, ApiResponse, WatchEvent } from "../api/exchange.ts";
import { apiVersionOf, pathOf, type Resource } from "../api/resources.ts";
import type { ApiObject, ListMeta, Status } from "../api/wire.ts";
import type { Clock } from "../lib/clock.ts";
import {
  ApiError,
  type Client,
  type DeleteOptions,
  type GetOptions,
  type List,
  type ListOptions,
  type ObjectKey,
  type PatchType,
  type RawRequest,
  type RawResponse,
  type WatchOptions,
  type WriteOptions,
} from "./client.ts";
import { deepFreeze } from "./freeze.ts";
import { chunksOf, collect, decodeJson, isErrorStatus, statusOf } from "./response.ts";
import { readWatch } from "./watch-stream.ts";

/** A request with what only a transport needs to know. */
export interface TransportRequest extends ApiRequest {
  /** The answer's body may go on for ever: it comes as a stream and no deadline lies on it. */
  readonly streaming?: boolean;
  /** Deadline of the answer (of its headers when streaming). */
  readonly timeout_ms?: number;
}

/** The API server's own handler, or the same shape over a wire. @throws ConnectionError */
export type Transport = (request: TransportRequest) => Promise<ApiResponse>;

export interface RestClientOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly userAgent?: string;
  /** How often an answer 429 with Retry-After is tried again; 5 unless said otherwise. */
  readonly maxRetries?: number;
  close?(): void;
}

const NEVER = new AbortController().signal;
const MAX_RETRY_AFTER_MS = 30_000;
const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

interface Call {
  readonly method: string;
  readonly url: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

/** The one Client: builds requests and reads answers over any Transport. */
export class RestClient implements Client {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #userAgent: string;
  readonly #maxRetries: number;
  readonly #close: (() => void) | undefined;

  constructor(options: RestClientOptions) {
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#userAgent = options.userAgent ?? "berth";
    this.#maxRetries = options.maxRetries ?? 5;
    this.#close = options.close;
  }

  async get<T>(resource: Resource<T>, key: ObjectKey, options: GetOptions = {}): Promise<T> {
    const url = pathOf(resource, parts(key, options.subresource)) + query({ resourceVersion: options.resourceVersion });
    return (await this.#object({ method: "GET", url, signal: options.signal })) as T;
  }

  async list<T>(resource: Resource<T>, options: ListOptions = {}, signal?: AbortSignal): Promise<List<T>> {
    const url = pathOf(resource, { namespace: options.namespace }) + query(listQuery(options));
    const accept = options.metadataOnly ? metadataAccept("PartialObjectMetadataList") : undefined;
    const answer = await this.#object({ method: "GET", url, signal, ...(accept ? { accept } : {}) }, (list) => nameItems(list, resource));
    const list = answer as { metadata?: ListMeta; items?: T[] | null };
    return { metadata: list.metadata ?? {}, items: list.items ?? [] };
  }

  async *watch<T>(resource: Resource<T>, options: WatchOptions, signal: AbortSignal): AsyncGenerator<readonly WatchEvent<T>[]> {
    const parameters = { ...listQuery(options), watch: "true", allowWatchBookmarks: options.allowWatchBookmarks ? "true" : undefined };
    const url = pathOf(resource, { namespace: options.namespace }) + query({ ...parameters, timeoutSeconds: options.timeout_s });
    const accept = options.metadataOnly ? metadataAccept("PartialObjectMetadata") : undefined;
    if (signal.aborted) return;
    try {
      const response = await this.#answer({ method: "GET", url, signal, ...(accept ? { accept } : {}) }, { streaming: true });
      yield* readWatch(response.body) as AsyncGenerator<readonly WatchEvent<T>[]>;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async create<T>(resource: Resource<T>, object: T, options: WriteOptions & { namespace?: string } = {}): Promise<T> {
    const namespace = options.namespace ?? (object as unknown as ApiObject).metadata.namespace;
    const url = pathOf(resource, { namespace }) + query(writeQuery(options));
    return (await this.#object({ method: "POST", url, body: object, signal: options.signal })) as T;
  }

  async createSubresource<B, R>(resource: Resource<unknown>, key: ObjectKey, subresource: string, body: B, options: WriteOptions = {}): Promise<R> {
    const url = pathOf(resource, parts(key, subresource)) + query(writeQuery(options));
    return (await this.#object({ method: "POST", url, body, signal: options.signal })) as R;
  }

  async update<T>(resource: Resource<T>, object: T, options: WriteOptions & { subresource?: string } = {}): Promise<T> {
    const { namespace, name = "" } = (object as unknown as ApiObject).metadata;
    const url = pathOf(resource, parts({ namespace, name }, options.subresource)) + query(writeQuery(options));
    return (await this.#object({ method: "PUT", url, body: object, signal: options.signal })) as T;
  }

  async patch<T>(
    resource: Resource<T>,
    key: ObjectKey,
    type: PatchType,
    patch: unknown,
    options: WriteOptions & { subresource?: string; force?: boolean } = {},
  ): Promise<T> {
    const parameters = { ...writeQuery(options), force: options.force ? "true" : undefined };
    const url = pathOf(resource, parts(key, options.subresource)) + query(parameters);
    return (await this.#object({ method: "PATCH", url, body: patch, contentType: PATCH_TYPES[type], signal: options.signal })) as T;
  }

  async delete<T>(resource: Resource<T>, key: ObjectKey, options: DeleteOptions = {}): Promise<T | Status> {
    const { disruption } = options;
    const url = pathOf(resource, parts(key)) + query({ "berth.dev/disruption-reason": disruption?.reason, "berth.dev/disruption-message": disruption?.message });
    return (await this.#object({ method: "DELETE", url, body: deleteBody(options), signal: options.signal })) as T | Status;
  }

  async deleteCollection(resource: Resource<unknown>, list: ListOptions, options: DeleteOptions = {}): Promise<void> {
    const url = pathOf(resource, { namespace: list.namespace }) + query(listQuery(list));
    await this.#object({ method: "DELETE", url, body: deleteBody(options), signal: options.signal });
  }

  async request(request: RawRequest): Promise<RawResponse> {
    const response = await this.#send({
      method: request.method ?? "GET",
      url: request.path,
      headers: { accept: "application/json", "user-agent": this.#userAgent, ...request.headers },
      ...(request.body === undefined ? {} : { body: { type: "bytes", bytes: request.body } as const }),
      signal: request.signal ?? NEVER,
      streaming: true,
      ...(request.timeout_ms === undefined ? {} : { timeout_ms: request.timeout_ms }),
    });
    return { status: response.status, headers: response.headers, chunks: chunksOf(response.body) };
  }

  close(): void {
    this.#close?.();
  }

  /** The answer as a frozen object; `prepare` sees it before it is frozen when it came over a wire. */
  async #object(call: Call, prepare?: (object: unknown) => void): Promise<unknown> {
    const { body } = await this.#answer(call);
    if (body.type === "object") return body.object;
    const bytes = await collect(body);
    if (bytes.length === 0) return undefined;
    const object = decodeJson(bytes);
    prepare?.(object);
    return deepFreeze(object);
  }

  #answer(call: Call, options: { streaming?: boolean } = {}): Promise<ApiResponse> {
    const headers: Record<string, string> = { accept: call.accept ?? "application/json", "user-agent": this.#userAgent };
    if (call.body !== undefined) headers["content-type"] = call.contentType ?? "application/json";
    return this.#send({
      method: call.method,
      url: call.url,
      headers,
      ...(call.body === undefined ? {} : { body: { type: "object", object: call.body } as const }),
      signal: call.signal ?? NEVER,
      ...options,
    });
  }

  /** Sends; waits and sends again where the server says 429 or 503 with Retry-After (it has not done anything then). @throws ApiError */
  async #send(request: TransportRequest): Promise<ApiResponse> {
    for (let attempt = 0; ; attempt++) {
      const response = await this.#transport(request);
      if (!isErrorStatus(response.status)) return response;
      const wait_s = Number(response.headers["retry-after"]);
      const status = await statusOf(response);
      const mayRetry = response.status === 429 || response.status === 503;
      if (!mayRetry || !(wait_s > 0) || attempt >= this.#maxRetries) throw new ApiError(status);
      await this.#clock.sleep(Math.min(wait_s * 1000, MAX_RETRY_AFTER_MS), request.signal);
    }
  }
}

function parts(key: ObjectKey, subresource?: string): { namespace?: string | undefined; name: string; subresource?: string } {
  return { namespace: key.namespace, name: key.name, ...(subresource === undefined ? {} : { subresource }) };
}

type Query = Readonly<Record<string, string | number | undefined>>;

function query(parameters: Query): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
  return given.length === 0 ? "" : `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}

function listQuery(options: ListOptions): Query {
  const { labelSelector, fieldSelector, limit, resourceVersion, resourceVersionMatch } = options;
  return { labelSelector, fieldSelector, limit, continue: options.continue, resourceVersion, resourceVersionMatch };
}

function writeQuery(options: WriteOptions): Query {
  return { dryRun: options.dryRun ? "All" : undefined, fieldManager: options.fieldManager, fieldValidation: options.fieldValidation };
}

function deleteBody(options: DeleteOptions): Record<string, unknown> {
  const { gracePeriodSeconds, propagationPolicy, preconditions, dryRun } = options;
  return {
    kind: "DeleteOptions",
    apiVersion: "v1",
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(dryRun ? { dryRun: ["All"] } : {}),
  };
}

function metadataAccept(kind: string): string {
  return `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;
}

/** Items of a list of a built-in kind come without apiVersion and kind: they get them, as every other object has. */
function nameItems(list: unknown, resource: Resource<unknown>): void {
  const { items } = list as { items?: Partial<ApiObject>[] | null };
  for (const item of items ?? []) {
    item.apiVersion ??= apiVersionOf(resource);
    item.kind ??= resource.kind;
  }
}
