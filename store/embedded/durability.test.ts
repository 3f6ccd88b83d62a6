import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { prefixRange, type Store } from "../store.ts";
import { openEmbeddedStore } from "./embedded-store.ts";
import { tempDir } from "./testing/temp-dir.ts";

const WRITER = fileURLToPath(new URL("testing/durable-writer.ts", import.meta.url));
const ROUNDS = 8;

interface Acknowledged {
  readonly name: string;
  readonly revision: number;
}

/** Runs the writer until it has acknowledged `count` pairs and is gone, by SIGKILL. */
async function writeAndKill(folder: string, dataDir: string, round: number, count: number): Promise<Acknowledged[]> {
  const file = join(folder, `acknowledged-${round}`);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", WRITER, dataDir, String(round), String(count), file], { stdio: ["ignore", "ignore", "inherit"] });
  const [, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (signal !== "SIGKILL") throw new Error(`the writer ended by itself (${signal})`);
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [name = "", revision] = line.split(" ");
    return { name, revision: Number(revision) };
  });
}

async function keysOf(store: Store, side: string): Promise<Map<string, number>> {
  const prefix = `/${side}/`;
  const { items } = await store.range(prefixRange(prefix));
  for (const { key, value } of items) if (!new TextDecoder().decode(value).startsWith(`${key.slice(prefix.length)} `)) throw new Error(`${key} has another's value`);
  return new Map(items.map((item) => [item.key.slice(prefix.length), item.modRevision]));
}

test("kill -9 in the middle of writes: every acknowledged write is there, no transaction is half there", async (t) => {
  using dir = tempDir();
  const acknowledged: Acknowledged[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const dataDir = join(dir.path, "data");
    const count = 1 + round * 137;
    const inRound = await writeAndKill(dir.path, dataDir, round, count);
    t.is(inRound.length, count);
    acknowledged.push(...inRound);
    const store = await openEmbeddedStore({ dataDir, clock: systemClock, logger: silentLogger });
    try {
      const left = await keysOf(store, "left");
      t.deepEqual(left, await keysOf(store, "right"), "both keys of a transaction, at one revision");
      for (const { name, revision } of acknowledged) t.is(left.get(name), revision, name);
      const revisions = [...left.values()].sort((a, b) => a - b);
      t.is(new Set(revisions).size, revisions.length, "a revision for each transaction");
      t.is(await store.revision(), revisions.at(-1) ?? 1);
    } finally {
      await store.close();
    }
  }
});
