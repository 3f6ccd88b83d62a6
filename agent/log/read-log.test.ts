import { appendFile, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import { lastWords } from "./last-words.ts";
import { type LogOptions, readLog } from "./read-log.ts";
import { rotateLog } from "./rotate.ts";

const LINES = [
  "2026-01-01T00:00:01.000000001Z stdout F one",
  "2026-01-01T00:00:02.000000002Z stderr F two",
  "2026-01-01T00:00:03.000000003Z stdout P th",
  "2026-01-01T00:00:03.000000004Z stdout F ree",
  "2026-01-01T00:00:04.000000005Z stdout F ",
  "2026-01-01T00:00:05.000000006Z stdout F four ü",
];
const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "berth-log-"));
  try {
    await body(join(dir, "0.log"));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function read(path: string, options: LogOptions): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readLog({ path, isRunning: () => false, clock: systemClock, signal: new AbortController().signal }, options)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

const cases: [string, LogOptions, string][] = [
  ["all of it", {}, "one\ntwo\nthree\n\nfour ü\n"],
  ["the last two lines", { tailLines: 2 }, "\nfour ü\n"],
  ["none", { tailLines: 0 }, ""],
  ["more than there are", { tailLines: 100 }, "one\ntwo\nthree\n\nfour ü\n"],
  ["since a time", { since_ms: Date.parse("2026-01-01T00:00:04Z") }, "\nfour ü\n"],
  ["with times", { tailLines: 1, timestamps: true }, "2026-01-01T00:00:05.000000006Z four ü\n"],
  ["at most so many bytes", { limitBytes: 6 }, "one\ntw"],
  ["one stream", { stream: "stderr" }, "two\n"],
];
for (const [name, options, expected] of cases) {
  test(`reads ${name}`, (t) =>
    inFolder(async (path) => {
      await writeFile(path, text(LINES));
      t.is(await read(path, options), expected);
    }));
}

test("a terminal's lines end without its carriage returns", (t) =>
  inFolder(async (path) => {
    await writeFile(path, text(["2026-01-01T00:00:01.000000001Z stdout F one\r", "2026-01-01T00:00:02.000000001Z stdout F \r", "2026-01-01T00:00:03.000000001Z stdout F a\rb"]));
    t.is(await read(path, {}), "one\n\na\rb\n");
  }));

test("reads files larger than a block, from their end too", (t) =>
  inFolder(async (path) => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `2026-01-01T00:00:01.000000001Z stdout F line ${index} ${"x".repeat(index % 50)}`);
    await writeFile(path, text(lines));
    t.is((await read(path, {})).split("\n").length, 20_001);
    const tail = await read(path, { tailLines: 5_000 });
    t.is(tail.split("\n").length, 5_001);
    t.true(tail.startsWith("line 15000 "));
  }));

test("follows what is written, over a rotation, until the container has ended", (t) =>
  inFolder(async (path) => {
    await writeFile(path, text(LINES.slice(0, 1)));
    let runs = true;
    const got: string[] = [];
    let wake = () => {};
    const reading = (async () => {
      for await (const chunk of readLog({ path, isRunning: () => runs, clock: systemClock, signal: new AbortController().signal }, { follow: true })) {
        got.push(chunk.toString());
        wake();
      }
    })();
    const until = async (expected: string) => {
      while (got.join("") !== expected) await new Promise<void>((resolve) => (wake = resolve));
    };
    await until("one\n");
    await appendFile(path, text(LINES.slice(1, 2)));
    await until("one\ntwo\n");
    // The last words before the rotation and the first after it.
    await appendFile(path, text(["2026-01-01T00:00:03.000000003Z stdout F before"]));
    await rename(path, `${path}.1`);
    await writeFile(path, text(["2026-01-01T00:00:04.000000003Z stdout F after"]));
    await until("one\ntwo\nbefore\nafter\n");
    runs = false;
    await appendFile(path, text(["2026-01-01T00:00:05.000000003Z stdout F end"]));
    await reading;
    t.is(got.join(""), "one\ntwo\nbefore\nafter\nend\n");
  }));

test("follow ends when the reader goes away", (t) =>
  inFolder(async (path) => {
    await writeFile(path, text(LINES.slice(0, 1)));
    const gone = new AbortController();
    for await (const chunk of readLog({ path, isRunning: () => true, clock: systemClock, signal: gone.signal }, { follow: true })) {
      t.is(chunk.toString(), "one\n");
      gone.abort();
    }
  }));

test("last words: the file first, the log's end only where allowed, both bounded", (t) =>
  inFolder(async (path) => {
    const file = `${path}.words`;
    await writeFile(path, text(LINES.slice(0, 2)));
    t.is(await lastWords({ messageFile: file, logFile: path, mayUseLog: false }), "");
    t.is(await lastWords({ messageFile: file, logFile: path, mayUseLog: true }), "one\ntwo\n");
    await writeFile(file, `${"x".repeat(5000)}end`);
    t.is(await lastWords({ messageFile: file, logFile: path, mayUseLog: true }), `${"x".repeat(4093)}end`, "the end of a long one");
    await writeFile(file, "");
    await writeFile(path, text(Array.from({ length: 100 }, (_, index) => `2026-01-01T00:00:01.000000001Z stdout F ${String(index).padStart(40, "0")}`)));
    const words = await lastWords({ messageFile: file, logFile: path, mayUseLog: true });
    t.is(words.length, 2048);
    t.true(words.endsWith("99\n"));
  }));

test("rotation: the newest rotated file as it is, older ones compressed, no more than allowed", (t) =>
  inFolder(async (path) => {
    let now_ms = Date.parse("2026-01-01T00:00:00Z");
    const clock = { ...systemClock, now_ms: () => now_ms };
    const options = { maxSize_bytes: 100, maxFiles: 3, clock, reopen: async () => writeFile(path, "") };
    await writeFile(path, "small");
    t.false(await rotateLog(path, "c", options));
    for (let round = 0; round < 5; round++) {
      await writeFile(path, `${round}`.repeat(200));
      t.true(await rotateLog(path, "c", options));
      now_ms += 1000;
    }
    const names = (await readdir(join(path, ".."))).sort();
    t.deepEqual(names, ["0.log", "0.log.20260101-000003.gz", "0.log.20260101-000004"]);
  }));

test("a runtime that does not reopen keeps its file", (t) =>
  inFolder(async (path) => {
    await writeFile(path, "x".repeat(200));
    await t.throwsAsync(rotateLog(path, "c", { maxSize_bytes: 100, maxFiles: 3, clock: systemClock, reopen: () => Promise.reject(new Error("no")) }));
    t.is((await stat(path)).size, 200);
  }));
