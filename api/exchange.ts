import type { Duplex } from "node:stream";
import type { ApiObject } from "./wire.ts";

/**
 * One request to the API server and its answer, free of any transport: HTTP/1.1, HTTP/2 and in-process calls all become
 * this right after TLS, so that the same chain (authentication, authorization, admission, audit, limits) serves each.
 */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface ApiRequest {
  readonly method: string;
  /** Path and query as sent: `/api/v1/pods?limit=5`. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /**
   * Who calls, where the transport knows: in-process callers name their system user; HTTPS gives the verified client
   * certificate's subject. Absent: authenticate by the headers.
   */
  readonly user?: UserInfo;
  /**
   * Bytes as received, or, in process, the object itself (the server takes its own copy). A transport gives `unread`: the
   * server reads at most `limit_bytes` + 1 of it, and only once it knows that the caller may.
   */
  readonly body?:
    | { readonly type: "bytes"; readonly bytes: Uint8Array }
    | { readonly type: "object"; readonly object: unknown }
    | { readonly type: "unread"; read(limit_bytes: number): Promise<Uint8Array>; /** Instead of `read`: the body as it comes, unbounded, at the reader's pace. */ stream?(): AsyncIterable<Uint8Array> };
  /** The caller's IP address, where the transport knows one. */
  readonly remoteAddress?: string | undefined;
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignal;
  /** In process: the caller can take `object`, `list` and `watch` answers as they are, without serialisation. */
  readonly acceptsObjects?: boolean;
  /** The client asked to leave HTTP on this connection (`Upgrade`), and the transport can. */
  readonly upgradable?: boolean;
}

export interface WatchEvent<T = ApiObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T;
}

/** What an answer carries. Objects are frozen and shared with the cache: the receiver never changes them. */
export type ResponseBody =
  | { readonly type: "none" }
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  | { readonly type: "stream"; readonly chunks: AsyncIterable<Uint8Array> }
  | { readonly type: "object"; readonly object: unknown }
  | { readonly type: "watch"; readonly batches: AsyncIterable<readonly WatchEvent[]> }
  /** Only for requests that are `upgradable`: the connection is handed over, with the bytes already read from it; what is answered is up to `take`. */
  | { readonly type: "upgrade"; take(connection: Duplex, head: Uint8Array): void };

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: ResponseBody;
}

/** At once where nothing has to be waited for. */
export type ApiAnswer = ApiResponse | Promise<ApiResponse>;

/** The API server as its callers see it; never throws for a request's fault (that is a Status answer). */
export type ApiHandler = (request: ApiRequest) => ApiAnswer;
