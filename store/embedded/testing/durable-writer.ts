import { systemClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/logger.ts";
import { openEmbeddedStore } from "../embedded-store.ts";

/**
 * A process to be killed: `durable-writer.ts DIR ROUND` writes pairs of keys, many at once, without end, and prints a line for each
 * acknowledged one: `ROUND INDEX REVISION`. Every tenth pair deletes the pair before it.
 */
const WRITERS = 32;

const [, , dataDir = "", round = ""] = process.argv;
const store = await openEmbeddedStore({ dataDir, clock: systemClock, logger: silentLogger });
let index = 0;
await Promise.all(Array.from({ length: WRITERS }, write));

async function write(): Promise<void> {
  for (;;) {
    const i = index++;
    const value = new TextEncoder().encode(`${round}.${i} ${"x".repeat(i % 3_000)}`);
    const pair = ["left", "right"].map((side) => ({ type: "put" as const, key: `/${side}/${round}.${i}`, value }));
    const { revision } = await store.txn({ compare: pair.map(({ key }) => ({ key, modRevision: 0 })), operations: pair });
    process.stdout.write(`${round} ${i} ${revision}\n`);
    if (i % 500 === 499) await store.compact(revision).catch(() => undefined);
  }
}
