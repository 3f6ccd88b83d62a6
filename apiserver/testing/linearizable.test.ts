import test from "ava";
import { type HistoryEvent, type Operation, violations } from "./linearizable.ts";

const event = (type: HistoryEvent["type"], version: number, keys: number[], name = "a", uid = "u"): HistoryEvent => ({ type, name, version, uid, data: Object.fromEntries(keys.map((key) => [`k${key}`, "1"])) });

/** a is made (1), changed (2), patched (3) and deleted (4), one after the other; read in between (5), listed at the end (6). */
const history = [event("ADDED", 11, [1]), event("MODIFIED", 12, [2]), event("MODIFIED", 13, [2, 3]), event("DELETED", 14, [2, 3])];
const operations: Operation[] = [
  { type: "create", id: 1, started: 1, ended: 2, name: "a", result: { version: 11 } },
  { type: "update", id: 2, started: 3, ended: 4, name: "a", precondition: 11, result: { version: 12 } },
  { type: "patch", id: 3, started: 5, ended: 6, name: "a", result: { version: 13 } },
  { type: "get", id: 5, started: 7, ended: 8, name: "a", result: { version: 13 } },
  { type: "delete", id: 4, started: 9, ended: 10, name: "a", precondition: undefined, result: { uid: "u" } },
  { type: "list", id: 6, started: 11, ended: 12, result: { version: 14, versions: new Map() } },
];

const changed = (id: number, change: object): Operation[] => operations.map((operation) => (operation.id === id ? ({ ...operation, ...change } as Operation) : operation));
const more = (operation: object): Operation[] => [...operations, { id: 9, name: "a", precondition: undefined, ...operation } as Operation];

test("a history that is linearizable has nothing wrong", (t) => {
  t.deepEqual(violations(history, operations), []);
  // While the patch is under way a reader may see either state; later only the new one.
  for (const version of [12, 13]) t.deepEqual(violations(history, changed(5, { started: 5, result: { version } })), []);
  t.deepEqual(violations(history, changed(3, { result: "unknown" })), []);
});

const wrong: [string, readonly HistoryEvent[], Operation[], RegExp][] = [
  ["a stale read", history, changed(5, { result: { version: 12 } }), /^this was not so/],
  ["a read of what is to come", history, changed(5, { started: 3, ended: 4, result: { version: 13 } }), /^this was not so/],
  ["an absence that was none", history, changed(5, { result: "absent" }), /^it was there all the time/],
  ["a lost write", history.toSpliced(2, 1), operations, /^an acknowledged write is not in the history/],
  ["a write that nobody made", history, operations.filter(({ id }) => id !== 2), /^nobody wrote this/],
  ["a lost update", [history[0]!, history[1]!, event("MODIFIED", 13, [3]), event("DELETED", 14, [3])], operations, /^the history has other data/],
  ["a precondition that did not hold", history, changed(2, { precondition: 10 }), /^a precondition did not hold/],
  ["writes in another order than they were made", history, changed(2, { started: 7, ended: 8 }), /^it took place at/],
  ["a conflict with nobody", history, more({ type: "update", started: 7, ended: 8, precondition: 13, result: "conflict" }), /^nobody was in the way/],
  ["a name that was not taken", history, more({ type: "create", started: 13, ended: 14, result: "exists" }), /^it was not there/],
  ["a stale list", history, changed(6, { result: { version: 13, versions: new Map([["a", 13]]) } }), /^a list of 13 between/],
  ["a list of two states", history, changed(6, { result: { version: 14, versions: new Map([["a", 13]]) } }), /^a list of no one state/],
  ["a history that goes back", [...history, event("ADDED", 13, [7], "b")], more({ type: "create", id: 7, started: 1, ended: 12, name: "b", result: { version: 13 } }), /^the history goes back/],
  ["an object that appears twice", [...history, event("ADDED", 15, [7]), event("ADDED", 16, [8])], [...more({ type: "create", id: 7, started: 13, ended: 14, result: { version: 15 } }), { type: "create", id: 8, started: 15, ended: 16, name: "a", result: { version: 16 } }], /^ADDED of what is there/],
];
for (const [title, events, made, expected] of wrong) {
  test(`found: ${title}`, (t) => {
    t.true(violations(events, made).some((text) => expected.test(text)), violations(events, made).join("\n"));
  });
}
