import { openSync, writeSync } from "node:fs";
import { systemClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/logger.ts";
import { openEmbeddedStore } from "../embedded-store.ts";

/**
 * A process that ends by SIGKILL: `durable-writer.ts DIR ROUND COUNT FILE` writes pairs of keys, many at once, adds a line
 * `ROUND.INDEX REVISION` to FILE for each acknowledged one, and kills itself in the instant in which COUNT are acknowledged, with the
 * others under way. Prints `open` once it has the store.
 */
const WRITERS = 32;

const [, , dataDir = "", round = "", count = "", file = ""] = process.argv;
const store = await openEmbeddedStore({ dataDir, clock: systemClock, logger: silentLogger });
console.log("open");
const log = openSync(file, "a");
let index = 0;
let acknowledged = 0;
await Promise.all(Array.from({ length: WRITERS }, write));

async function write(): Promise<void> {
  for (;;) {
    const i = index++;
    const value = new TextEncoder().encode(`${round}.${i} ${"x".repeat(i % 3_000)}`);
    const pair = ["left", "right"].map((side) => ({ type: "put" as const, key: `/${side}/${round}.${i}`, value }));
    const { revision } = await store.txn({ compare: pair.map(({ key }) => ({ key, modRevision: 0 })), operations: pair });
    writeSync(log, `${round}.${i} ${revision}\n`);
    if (++acknowledged === Number(count)) process.kill(process.pid, "SIGKILL");
    if (i % 500 === 499) await store.compact(revision).catch(() => undefined);
  }
}
