import test from "ava";
import { matcherOfLabels } from "../../api/selector/labels.ts";
import type { Identified } from "../../client/informer.ts";
import { claim, decideClaim } from "./claim.ts";
import { semanticEqual } from "./equal.ts";
import { contentHash } from "./pod-hash.ts";
import { slowStart } from "./slow-start.ts";

test("absent, null and empty are equal; all else counts", (t) => {
  t.true(semanticEqual({ a: [], b: null, c: { d: {} } }, { c: { d: undefined } }));
  t.true(semanticEqual([1, { x: "y" }], [1, { x: "y", z: [] }]));
  t.false(semanticEqual({ a: 0 }, {}));
  t.false(semanticEqual({ a: "" }, {}));
  t.false(semanticEqual({ a: false }, {}));
  t.false(semanticEqual([1, 2], [2, 1]));
  t.false(semanticEqual({ 0: "a" }, ["a"]));
});

test("batches double while all goes well and stop at the first failure", async (t) => {
  const calls: number[] = [];
  t.deepEqual(await slowStart(20, 1, async (index) => void calls.push(index)), { succeeded: 20 });
  t.deepEqual(calls, Array.from({ length: 20 }, (_, index) => index));
  let tried = 0;
  const failed = await slowStart(500, 1, async (index) => {
    tried++;
    if (index >= 3) throw new Error(`no ${index}`);
  });
  t.is(tried, 7);
  t.is(failed.succeeded, 3);
  t.is(String(failed.error), "Error: no 3");
  t.deepEqual(await slowStart(0, 1, async () => t.fail()), { succeeded: 0 });
});

test("a hash does not depend on the order of keys", (t) => {
  t.is(contentHash({ a: 1, b: { c: 2, d: undefined } }, undefined), contentHash({ b: { c: 2 }, a: 1 }, undefined));
  t.not(contentHash({ a: 1 }, undefined), contentHash({ a: 1 }, 0));
  t.not(contentHash({ a: [1, 2] }, undefined), contentHash({ a: [2, 1] }, undefined));
});

const owner = (uid: string) => ({ apiVersion: "v1", kind: "X", name: uid, uid, controller: true });
const thing = (name: string, fields: { controller?: string; labels?: Record<string, string>; deleting?: boolean } = {}): Identified => ({
  metadata: { name, uid: name, ...(fields.labels ? { labels: fields.labels } : {}), ...(fields.controller ? { ownerReferences: [owner(fields.controller)] } : {}), ...(fields.deleting ? { deletionTimestamp: "x" } : {}) },
});

test("who claims what", (t) => {
  const me = thing("me");
  const going = thing("me", { deleting: true });
  t.is(decideClaim(me, thing("a", { controller: "me" }), true), "mine");
  t.is(decideClaim(me, thing("a", { controller: "me" }), false), "release");
  t.is(decideClaim(going, thing("a", { controller: "me" }), false), "ignore");
  t.is(decideClaim(me, thing("a", { controller: "you" }), true), "ignore");
  t.is(decideClaim(me, thing("a"), true), "adopt");
  t.is(decideClaim(me, thing("a"), false), "ignore");
  t.is(decideClaim(me, thing("a", { deleting: true }), true), "ignore");
  t.is(decideClaim(going, thing("a"), true), "ignore");
});

test("nothing is adopted by an owner that the server says is gone, and the server is asked once", async (t) => {
  const labels = { app: "a" };
  let asked = 0;
  const effects = (allowed: boolean) => ({
    mayAdopt: async () => {
      asked++;
      return allowed;
    },
    adopt: async (object: Identified) => object,
    release: async () => undefined,
  });
  const orphans = [thing("a", { labels }), thing("b", { labels })];
  t.is((await claim(thing("me"), orphans, matcherOfLabels(labels), effects(true))).length, 2);
  t.is(asked, 1);
  await t.throwsAsync(claim(thing("me"), orphans, matcherOfLabels(labels), effects(false)), { message: /adopts nothing/ });
});
