import { spawn } from "node:child_process";
import { once } from "node:events";
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

/** Runs the writer until it has acknowledged `count` pairs, then kills it with SIGKILL. */
async function writeAndKill(dataDir: string, round: number, count: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", WRITER, dataDir, String(round)], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let output = "";
  try {
    for await (const chunk of child.stdout) {
      output += chunk;
      if (output.split("\n").length > count) child.kill("SIGKILL");
    }
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
  const lines = output.split("\n").slice(0, -1);
  return lines.map((line) => {
    const [inRound, index, revision] = line.split(" ");
    return { name: `${inRound}.${index}`, revision: Number(revision) };
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
    acknowledged.push(...(await writeAndKill(dir.path, round, 40 + round * 150)));
    const store = await openEmbeddedStore({ dataDir: dir.path, clock: systemClock, logger: silentLogger });
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
  t.true(acknowledged.length > 40 * ROUNDS);
});
