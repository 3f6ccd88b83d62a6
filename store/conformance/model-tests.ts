import type { TestFn } from "ava";
import fc from "fast-check";
import type { KeyRange, KeyValue, Operation, RangeRequest, RangeResult, Store, TxnRequest, TxnResult } from "../store.ts";
import { Model } from "./model.ts";
import { bytes, type Keys, put, show, type Subject, text, watchUntil } from "./subject.ts";

const NAMES = ["a", "a\0", "a/b", "ab", "b", "é", "\uFFFD", "\u{1F600}"];

const name = fc.constantFrom(...NAMES);
const bound = fc.constantFrom("", "a", "a\0", "a/", "b", "c", "é", "\u{1F600}", "\u{1F600}\0", "\u{10FFFF}");
const expectation = fc.constantFrom("right", "right", "right", "absent", "wrong" as const);
/** Index into the leases granted so far; 0 for none. */
const leaseChoice = fc.constantFrom(0, 0, 0, 1, 2, 3);

const operation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("put" as const), name, value: fc.string({ maxLength: 4 }), lease: leaseChoice }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("delete" as const), name }) },
);

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("txn" as const),
      compare: fc.array(fc.record({ name, expectation }), { maxLength: 2 }),
      operations: fc.uniqueArray(operation, { maxLength: 3, selector: (made) => made.name }),
      readOnFailure: fc.array(name, { maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("range" as const),
      start: bound,
      end: bound,
      back: fc.option(fc.integer({ min: -1, max: 12 })),
      limit: fc.option(fc.integer({ min: 1, max: 5 })),
      keysOnly: fc.boolean(),
      countOnly: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("watch" as const), start: bound, end: bound, back: fc.integer({ min: 0, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("compact" as const), back: fc.integer({ min: -1, max: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("grant" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("revoke" as const), lease: fc.integer({ min: 0, max: 3 }) }) },
);

type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** Random sequences of operations do the same to the store and to the model. */
export function modelTests(test: TestFn, subject: () => Subject, keys: () => Keys, runs: number): void {
  test.serial("model: any sequence of operations behaves as the model says", async (t) => {
    const { store } = subject();
    let run = 0;
    const property = fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 40 }), async (commands) => {
      // A revision that no run before has compacted.
      const revision = await put(store, `${keys().prefix}fence`, "");
      await new Comparison(store, `${keys().prefix}${run++}/`, revision).run(commands);
    });
    await fc.assert(property, { numRuns: runs, includeErrorInReport: true });
    t.pass();
  });
}

class Comparison {
  readonly #store: Store;
  readonly #model: Model;
  readonly #prefix: string;
  readonly #leases: number[] = [];

  constructor(store: Store, prefix: string, revision: number) {
    this.#store = store;
    this.#model = new Model(revision);
    this.#prefix = prefix;
  }

  async run(commands: readonly Command[]): Promise<void> {
    const everything = { start: this.#prefix, end: `${this.#prefix}\u{10FFFF}` };
    const first = this.#model.revision + 1;
    for (const one of commands) await this.#do(one);
    await this.#watch(everything, first);
    await this.#range(everything);
    for (const lease of this.#leases) await this.#store.revokeLease(lease).catch(() => undefined);
  }

  async #do(one: Command): Promise<void> {
    switch (one.type) {
      case "txn":
        return this.#txn(this.#request(one));
      case "range": {
        const revision = one.back === null ? {} : { revision: Math.max(this.#model.lowest, this.#model.revision - one.back) };
        const limit = one.limit === null ? {} : { limit: one.limit };
        return this.#range({ ...this.#bounds(one), ...revision, ...limit, keysOnly: one.keysOnly, countOnly: one.countOnly });
      }
      case "watch":
        return this.#watch(this.#bounds(one), Math.max(this.#model.lowest, this.#model.revision - one.back));
      case "compact": {
        const revision = Math.max(this.#model.lowest, this.#model.revision - one.back);
        return this.#both(() => this.#store.compact(revision), () => this.#model.compact(revision));
      }
      case "grant": {
        const lease = await this.#store.grantLease(3_600);
        this.#leases.push(lease);
        return this.#model.granted(lease);
      }
      case "revoke": {
        const lease = this.#leases[one.lease];
        if (lease !== undefined) await this.#both(() => this.#store.revokeLease(lease), () => this.#model.revoke(lease));
      }
    }
  }

  #request({ compare, operations, readOnFailure }: Extract<Command, { type: "txn" }>): TxnRequest {
    const current = new Map(this.#model.range({ start: this.#prefix, end: `${this.#prefix}\u{10FFFF}` }).items.map((item) => [item.key, item.modRevision]));
    return {
      compare: compare.map(({ name: suffix, expectation: expected }) => {
        const right = current.get(this.#prefix + suffix) ?? 0;
        return { key: this.#prefix + suffix, modRevision: expected === "right" ? right : expected === "absent" ? 0 : right + 1 };
      }),
      operations: operations.map((made): Operation => {
        const key = this.#prefix + made.name;
        if (made.type === "delete") return { type: "delete", key };
        const lease = made.lease === 0 ? undefined : this.#leases[made.lease - 1];
        return { type: "put", key, value: bytes(made.value), ...(lease === undefined ? {} : { lease }) };
      }),
      readOnFailure: readOnFailure.map((suffix) => this.#prefix + suffix),
    };
  }

  #bounds({ start, end }: KeyRange): KeyRange {
    return { start: this.#prefix + start, end: this.#prefix + end };
  }

  async #txn(request: TxnRequest): Promise<void> {
    await this.#both(() => this.#store.txn(request).then(showTxn), () => showTxn(this.#model.txn(request)));
  }

  async #range(request: RangeRequest): Promise<void> {
    await this.#both(() => this.#store.range(request).then(showRange), () => showRange(this.#model.range(request)));
  }

  async #watch(range: KeyRange, fromRevision: number): Promise<void> {
    const expected = await outcome(async () => this.#model.events(range, fromRevision));
    const last = typeof expected === "string" ? Number.POSITIVE_INFINITY : expected.at(-1)?.revision;
    if (last === undefined) return;
    const batches = await outcome(() => watchUntil(this.#store, { ...range, fromRevision }, last));
    if (typeof batches === "string" || typeof expected === "string") return equal(batches, expected, `watch from ${fromRevision}`);
    equal(batches.flat().map(show), expected.map(show), `watch from ${fromRevision}`);
    for (const [i, batch] of batches.entries()) {
      const next = batches[i + 1]?.[0]?.revision;
      if (next !== undefined && batch.at(-1)?.revision === next) throw new Error(`the events of revision ${next} were split`);
    }
  }

  /** Both do the same: the same result, or an error of the same class. */
  async #both<T>(real: () => Promise<T>, model: () => T): Promise<void> {
    equal(await outcome(real), await outcome(async () => model()), "store and model");
    equal(await this.#store.revision(), this.#model.revision, "revision");
  }
}

async function outcome<T>(run: () => Promise<T>): Promise<T | string> {
  try {
    return await run();
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what}: ${left} is not ${right}`);
}

function showItem(item: KeyValue | null): string {
  return item === null ? "-" : `${item.key}=${text(item.value)} c${item.createRevision} m${item.modRevision} v${item.version} l${item.lease}`;
}

function showTxn({ succeeded, revision, current }: TxnResult): unknown {
  return { succeeded, revision, current: current.map(showItem) };
}

function showRange({ items, more, count, revision }: RangeResult): unknown {
  return { items: items.map(showItem), more, count, revision };
}
