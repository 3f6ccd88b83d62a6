import test from "ava";
import { BoundedQueue, type ItemReader } from "./bounded-queue.ts";

test("a reader gets all that waits at once, in order, and then what comes", async (t) => {
  const queue = new BoundedQueue<number>({ maxItems: 10, maxBytes: 100 });
  const batches = queue[Symbol.asyncIterator]();
  queue.push(1, 1);
  queue.push(2, 1);
  t.deepEqual((await batches.next()).value, [1, 2]);
  const waiting = batches.next();
  queue.push(3, 1);
  t.deepEqual((await waiting).value, [3]);
  queue.push(4, 1);
  queue.end();
  t.deepEqual((await batches.next()).value, [4]);
  t.true((await batches.next()).done);
});

test("what passes the bound ends the queue, by number and by bytes", async (t) => {
  const few = new BoundedQueue<number>({ maxItems: 2, maxBytes: 100 });
  t.true(few.push(1, 1) && few.push(2, 1));
  t.false(few.push(3, 1));
  t.true(few.ended);
  t.true((await few[Symbol.asyncIterator]().next()).done);
  const small = new BoundedQueue<number>({ maxItems: 100, maxBytes: 10 });
  t.true(small.push(1, 6));
  t.false(small.push(2, 6));
});

/** Takes at most `pieces` items at a time, and is full after `room` of them. */
function reader(queue: () => BoundedQueue<number>, room: number, pieces = 1) {
  const got: (readonly number[] | "end" | "failed")[] = [];
  const made = {
    got,
    full: false,
    take(items: readonly number[], from: number): number {
      const end = Math.min(items.length, from + pieces);
      got.push(items.slice(from, end));
      made.full = got.length >= room;
      return end;
    },
    end: (error?: unknown) => void got.push(error === undefined ? "end" : "failed"),
    empty() {
      room += 100;
      made.full = false;
      queue().resume();
    },
  };
  return made satisfies ItemReader<number>;
}

test("what comes in one turn is poured together, as much at a time as the reader takes; a full one waits, and then has its end", async (t) => {
  const queue: BoundedQueue<number> = new BoundedQueue({ maxItems: 3, maxBytes: 100 });
  const slow = reader(() => queue, 2, 2);
  queue.push(1, 1);
  queue.pour(slow);
  queue.push(2, 1);
  queue.push(3, 1);
  t.deepEqual(slow.got, []);
  await Promise.resolve();
  t.deepEqual(slow.got, [[1, 2], [3]]);
  t.true(queue.push(4, 1) && queue.push(5, 1));
  queue.end();
  await Promise.resolve();
  t.is(slow.got.length, 2);
  slow.empty();
  t.deepEqual(slow.got, [[1, 2], [3], [4, 5], "end"]);
});

test("a reader that stays full is cut off at the bound; one that fails is told, and nobody else notices", async (t) => {
  const queue: BoundedQueue<number> = new BoundedQueue({ maxItems: 2, maxBytes: 100 });
  const full = reader(() => queue, 1);
  queue.pour(full);
  queue.push(1, 1);
  await Promise.resolve();
  t.true(queue.push(2, 1) && queue.push(3, 1));
  t.false(queue.push(4, 1));
  full.empty();
  t.deepEqual(full.got, [[1], "end"]);

  const broken: BoundedQueue<number> = new BoundedQueue({ maxItems: 2, maxBytes: 100 });
  const failing = {
    ...reader(() => broken, 100),
    take(): never {
      throw new Error("broken");
    },
  };
  const other: BoundedQueue<number> = new BoundedQueue({ maxItems: 2, maxBytes: 100 });
  const good = reader(() => other, 100);
  broken.pour(failing);
  other.pour(good);
  broken.push(1, 1);
  other.push(1, 1);
  await Promise.resolve();
  t.deepEqual(failing.got, ["failed"]);
  t.false(broken.push(2, 1));
  t.deepEqual(good.got, [[1]]);
});
