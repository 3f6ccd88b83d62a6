import test from "ava";
import { CacheEvent } from "./cache-event.ts";

test("a state before that the store could not tell once is asked for again", async (t) => {
  let asked = 0;
  const event = new CacheEvent(7, "ns/a", undefined, undefined, async () => {
    asked++;
    if (asked === 1) throw new Error("no leader");
    return undefined;
  });
  await t.throwsAsync(async () => await event.whole(), { message: "no leader" });
  t.is((await event.whole()).revision, 7);
  await event.whole();
  t.is(asked, 2);
});
