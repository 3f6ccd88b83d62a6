import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/logger.ts";
import { openEmbeddedStore } from "../embedded-store.ts";

/**
 * `full-disk-writer.ts DIR`, where DIR is on a small file system: writes until the disk is full, makes room, writes on, opens again.
 * Prints one JSON object of what happened.
 */
const [, , folder = ""] = process.argv;
const ballast = join(folder, "ballast");
writeFileSync(ballast, new Uint8Array(2_000_000));
const options = { dataDir: join(folder, "data"), clock: systemClock, logger: silentLogger };
let store = await openEmbeddedStore(options);
const acknowledged: string[] = [];
const errors: string[] = [];

async function write(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const key = `k${acknowledged.length + errors.length}`;
    try {
      await store.txn({ compare: [], operations: [{ type: "put", key, value: new Uint8Array(100_000) }] });
      acknowledged.push(key);
    } catch (error) {
      errors.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    }
  }
}

async function missing(): Promise<string[]> {
  const { items } = await store.range({ start: "a", end: "z" });
  const present = new Set(items.map((item) => item.key));
  return acknowledged.filter((key) => !present.has(key));
}

while (errors.length < 3 && acknowledged.length < 1_000) await write(1);
const [whenFull, missingWhenFull] = [acknowledged.length, await missing()];
rmSync(ballast);
await write(5);
const [afterwards, missingAfterwards] = [acknowledged.length - whenFull, await missing()];
await store.close();
store = await openEmbeddedStore(options);
const missingInTheEnd = await missing();
await store.close();
console.log(JSON.stringify({ whenFull, errors, missingWhenFull, afterwards, missingAfterwards, missingInTheEnd }));
