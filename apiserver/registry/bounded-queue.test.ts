import test from "ava";
import { BoundedQueue } from "./bounded-queue.ts";

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
