import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { unchangedMappings } from "../../lib/release-memory.ts";
import { keepMemorySmall } from "./resting-memory.ts";

const MIB = 1 << 20;

/** A process whose CPU time and memory the test sets, and what it gave back at which second. */
function someProcess() {
  const clock = new VirtualClock();
  const began_ms = clock.monotonic_ms();
  const state = { cpu_ms: 0, rss_bytes: 100 * MIB, heap_bytes: 50 * MIB, refusal: undefined as Error | undefined };
  const given: string[] = [];
  const second = () => Math.round((clock.monotonic_ms() - began_ms) / 1000);
  const said: string[] = [];
  const logger = { info: (_: object, text: string) => void said.push(text) } as unknown as Logger;
  const stop = keepMemorySmall(clock, logger, {
    usage: () => ({ ...state }),
    releaseHeap() {
      given.push(`heap ${second()}`);
      if (state.refusal !== undefined) throw state.refusal;
      state.rss_bytes = 60 * MIB;
    },
    releaseCode: () => void given.push(`code ${second()}`),
  });
  /** Seconds in which the process uses so much of a core. */
  const pass = async (seconds: number, cpu: number) => {
    for (let i = 0; i < seconds; i++) {
      state.cpu_ms += cpu * 1000;
      await clock.advance(1000);
    }
  };
  return { state, given, said, pass, stop };
}

test("a process gives memory back once it is at rest, not while it works", async (t) => {
  const { given, pass } = someProcess();
  await pass(20, 0.5);
  t.deepEqual(given, []);
  await pass(300, 0.01);
  t.deepEqual(given, ["heap 24", "code 24"]);
});

test("it does so again when it has grown and then rested, not in the pauses of its work", async (t) => {
  const { state, given, pass } = someProcess();
  await pass(6, 0);
  given.length = 0;
  for (let round = 0; round < 30; round++) {
    state.rss_bytes += 2 * MIB;
    await pass(4, 0.8);
    await pass(60, 0.01);
  }
  t.deepEqual(given, []);
  await pass(300, 0.01);
  t.is(given.length, 2);
  // Nothing has grown since.
  await pass(4, 0.8);
  await pass(300, 0.01);
  t.is(given.length, 2);
});

test("what comes back at once is in use: it is not given back again and again", async (t) => {
  const { state, given, pass } = someProcess();
  await pass(6, 0);
  given.length = 0;
  for (let second = 0; second < 600; second++) {
    state.rss_bytes = 90 * MIB;
    await pass(1, 0.01);
  }
  t.true(given.length > 0 && given.length <= 10, given.join());
});

test("a start without a moment of rest is followed by a pause in the work, not by rest", async (t) => {
  const { given, pass } = someProcess();
  await pass(70, 0.5);
  await pass(100, 0.01);
  t.deepEqual(given, []);
  await pass(60, 0.01);
  t.is(given.length, 2);
});

test("of a large heap the garbage is V8's affair: collecting it would stop the process for too long", async (t) => {
  const { state, given, pass } = someProcess();
  state.heap_bytes = 500 * MIB;
  await pass(6, 0);
  t.deepEqual(given, ["code 3"]);
});

test("where the system cannot, it is said once and the process goes on", async (t) => {
  const { state, given, said, pass } = someProcess();
  state.refusal = new Error("dlsym failed: undefined symbol: malloc_trim");
  await t.notThrowsAsync(pass(300, 0.01));
  t.deepEqual(given, ["heap 3"]);
  t.is(said.length, 1);
});

test("stopped, it looks no more", async (t) => {
  const { given, pass, stop } = someProcess();
  stop();
  await pass(60, 0);
  t.deepEqual(given, []);
});

test("only what is as in its file is let go", (t) => {
  const smaps = [
    ["00400000-00500000 r--p 00000000 fe:00 42                                 /opt/node", "0"],
    ["00500000-00900000 r-xp 00100000 fe:00 42                                 /opt/node", "0"],
    ["00900000-00a00000 r--p 00500000 fe:00 42                                 /opt/node", "24"],
    ["00a00000-00b00000 rw-p 00600000 fe:00 42                                 /opt/node", "0"],
    ["00b00000-00c00000 r--p 00000000 00:00 0 ", "0"],
    ["7f0000000000-7f0000001000 r-xp 00000000 00:00 0                          [vdso]", "0"],
    ["7f0000002000-7f0000003000 r--s 00000000 fe:00 43                         /data/store.db-shm", "0"],
  ];
  const text = smaps.map(([head, anonymous]) => `${head}\nSize:               1024 kB\nRss:                 512 kB\nAnonymous:            ${anonymous} kB\nVmFlags: rd mr mw me\n`).join("");
  t.deepEqual(unchangedMappings(text), [
    { start: 0x400000n, end: 0x500000n },
    { start: 0x500000n, end: 0x900000n },
  ]);
});

test("an API server at rest is a quarter of Kubernetes' with etcd", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "berth-resting-"));
  const child = spawn(join(import.meta.dirname, "../../bin/berth"), ["apiserver", "--data-dir", dir, "--listen", "127.0.0.1:0"], { stdio: "ignore" });
  t.teardown(async () => {
    child.kill();
    if (child.exitCode === null) await once(child, "exit");
    rmSync(dir, { recursive: true, force: true });
  });
  const resident_mib = () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  const deadline = performance.now() + 90_000;
  let highest = 0;
  while (performance.now() < deadline && !(highest > 90 && resident_mib() < 67)) {
    highest = Math.max(highest, resident_mib());
    await systemClock.sleep(50);
  }
  t.true(highest > 90 && resident_mib() < 67, `${highest} MiB at most, ${resident_mib()} MiB now`);
});
