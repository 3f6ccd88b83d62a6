import type { KeyValue, RangeRequest, RangeResult } from "../store.ts";
import { UnavailableError } from "../store.ts";
import { type Endpoints, RefusedError } from "./endpoints.ts";
import { isCompacted, isResponseTooLarge } from "./failures.ts";
import type { KeySpace } from "./key-space.ts";
import { type RangeMessage, rangeRequest } from "./requests.ts";
import { type RangeAnswer, readRangeAnswer } from "./responses.ts";

/** etcd bounds an answer by items only, so the page follows the size of what came: it starts small, grows to MAX_PAGE_ITEMS, shrinks past PAGE_BYTES. */
const FIRST_PAGE_ITEMS = 128;
const MAX_PAGE_ITEMS = 1_024;
const PAGE_BYTES = 8_388_608;
/** Reads of the newest state that are begun again because compaction overtook them. */
const MAX_RESTARTS = 3;

/** Reads a range page by page, all at one revision. */
export class RangeReader {
  readonly #endpoints: Endpoints;
  readonly #keys: KeySpace;

  constructor(endpoints: Endpoints, keys: KeySpace) {
    this.#endpoints = endpoints;
    this.#keys = keys;
  }

  /** @throws RefusedError | UnavailableError | CompactedError */
  async read(request: RangeRequest): Promise<RangeResult> {
    if (request.revision !== undefined) return this.#pages(request);
    for (let restarts = 0; ; restarts++) {
      try {
        return await this.#pages(request);
      } catch (error) {
        if (!(error instanceof RefusedError && isCompacted(error.raw))) throw error;
        if (restarts >= MAX_RESTARTS) throw new UnavailableError("compaction overtook a read of the newest state again and again");
      }
    }
  }

  async #pages(request: RangeRequest): Promise<RangeResult> {
    const range = this.#keys.range(request);
    if (range === undefined) return this.#empty(request);
    if (request.countOnly) {
      const { header, count } = await this.#range({ ...range, revision: request.revision ?? 0, countOnly: true });
      return { items: [], more: false, count, revision: header.revision };
    }
    return this.#collect(request, range);
  }

  async #collect(request: RangeRequest, range: { key: string; rangeEnd: string }): Promise<RangeResult> {
    const limit = request.limit ?? Number.POSITIVE_INFINITY;
    const items: KeyValue[] = [];
    let page = FIRST_PAGE_ITEMS;
    let first: RangeAnswer | undefined;
    let key: string | Uint8Array = range.key;
    for (;;) {
      const revision = request.revision ?? (first === undefined ? 0 : first.header.revision);
      const wanted = Math.min(page, limit - items.length);
      const response = await this.#page({ key, rangeEnd: range.rangeEnd, limit: wanted, revision, keysOnly: request.keysOnly ?? false });
      if (response === undefined) {
        page = Math.max(1, Math.floor(wanted / 4));
        continue;
      }
      first ??= response;
      for (const item of response.items) items.push(item);
      if (!response.more || items.length >= limit || response.lastKey === undefined) break;
      key = Buffer.concat([response.lastKey, Buffer.from([0])]);
      page = nextPage(page, response.bytes);
    }
    const { count, header } = first;
    return { items, more: count > items.length, count, revision: header.revision };
  }

  /** undefined: the answer was larger than a message may be. */
  async #page(request: RangeMessage): Promise<RangeAnswer | undefined> {
    try {
      return await this.#range(request);
    } catch (error) {
      if (error instanceof RefusedError && isResponseTooLarge(error.raw) && Number(request.limit) > 1) return undefined;
      throw error;
    }
  }

  /** An empty range still tells the newest revision, and whether the asked one can be read. */
  async #empty(request: RangeRequest): Promise<RangeResult> {
    const { header } = await this.#range({ key: this.#keys.lowest, revision: request.revision ?? 0, countOnly: true });
    return { items: [], more: false, count: 0, revision: header.revision };
  }

  #range(request: RangeMessage): Promise<RangeAnswer> {
    return this.#endpoints.call({
      path: "/etcdserverpb.KV/Range",
      message: rangeRequest(request),
      read: (answer) => readRangeAnswer(answer, this.#keys.prefix_bytes),
      repeatable: true,
    });
  }
}

function nextPage(page: number, bytes: number): number {
  if (bytes > PAGE_BYTES) return Math.max(1, Math.floor(page / 2));
  return bytes < PAGE_BYTES / 2 ? Math.min(MAX_PAGE_ITEMS, page * 2) : page;
}

