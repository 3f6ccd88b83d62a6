import test from "ava";
import fc from "fast-check";
import { ApiError, ConnectionError } from "./client.ts";
import { readWatch, splitLines } from "./watch-stream.ts";

async function* chunked(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const size of sizes) {
    if (start >= bytes.length) return;
    yield bytes.subarray(start, start + size);
    start += size;
  }
  if (start < bytes.length) yield bytes.subarray(start);
}

test("lines come out whole however the bytes are cut", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", " "))), fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 60 }), async (lines, sizes) => {
      const got: string[] = [];
      for await (const batch of splitLines(chunked(Buffer.from(lines.map((line) => `${line}\n`).join("")), sizes))) got.push(...batch.map((line) => line.toString()));
      t.deepEqual(got, lines);
    }),
  );
});

test("a line without end is refused at the bound", async (t) => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(1024, 0x61);
  }
  await t.throwsAsync(
    async () => {
      for await (const _ of splitLines(endless(), 10_000));
    },
    { instanceOf: ConnectionError, message: /longer than 10000 bytes/ },
  );
});

const stream = (text: string) => ({ type: "stream" as const, chunks: chunked(Buffer.from(text), []) });

test("events before an ERROR are delivered, then the Status is thrown; objects are frozen", async (t) => {
  const added = { type: "ADDED", object: { kind: "Pod", metadata: { name: "a" } } };
  const gone = { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" } };
  const seen: unknown[] = [];
  const error = await t.throwsAsync(
    async () => {
      for await (const batch of readWatch(stream(`${JSON.stringify(added)}\n\n${JSON.stringify(gone)}\n`))) seen.push(...batch);
    },
    { instanceOf: ApiError },
  );
  t.deepEqual(seen, [added]);
  t.true(Object.isFrozen((seen[0] as typeof added).object.metadata));
  t.is(error?.status.reason, "Expired");
});

test("a line that is not JSON is a broken connection", async (t) => {
  await t.throwsAsync(
    async () => {
      for await (const _ of readWatch(stream("<html>\n")));
    },
    { instanceOf: ConnectionError },
  );
});
