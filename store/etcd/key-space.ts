import { isEmptyRange, LOWEST_KEY } from "../key-order.ts";
import type { KeyRange } from "../store.ts";

/** Keys as etcd has them: below the store's prefix. */
export class KeySpace {
  readonly prefix: string;
  readonly prefix_bytes: number;

  constructor(prefix: string) {
    this.prefix = prefix;
    this.prefix_bytes = Buffer.byteLength(prefix);
  }

  /** A key that need not exist, for asking about nothing. */
  get lowest(): string {
    return this.prefix + LOWEST_KEY;
  }

  /** undefined: the range is empty. */
  range({ start, end }: KeyRange): { key: string; rangeEnd: string } | undefined {
    if (isEmptyRange({ start, end })) return undefined;
    return { key: this.prefix + (start === "" ? LOWEST_KEY : start), rangeEnd: this.prefix + end };
  }
}
