import test from "ava";
import type { Taint, Toleration } from "../../api/wire.ts";
import { aNode, aPod } from "../testing/objects.ts";
import { decideEviction } from "./decide.ts";

const ADDED = "2026-01-01T01:00:00Z";
const added_ms = Date.parse(ADDED);
const taint: Taint = { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: ADDED };

function decide(tolerations: Toleration[], now_ms: number, taints = [taint], created = "2026-01-01T00:00:00Z") {
  const pod = aPod({ created });
  return decideEviction(aNode({ taints }), { ...pod, spec: { containers: [], ...pod.spec, tolerations } }, now_ms);
}

test("not tolerated: at once", (t) => {
  t.deepEqual(decide([], added_ms + 5), { type: "evict", at_ms: added_ms + 5 });
  t.deepEqual(decide([{ key: "other", operator: "Exists" }], added_ms + 5), { type: "evict", at_ms: added_ms + 5 });
});

test("tolerated for a while: from when the taint was added, so that a restart changes nothing", (t) => {
  const for_300 = { key: taint.key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 };
  for (const now_ms of [added_ms, added_ms + 200_000, added_ms + 900_000]) t.deepEqual(decide([for_300], now_ms), { type: "evict", at_ms: added_ms + 300_000 });
  t.deepEqual(decide([for_300], added_ms, [taint], "2026-01-01T01:10:00Z"), { type: "evict", at_ms: added_ms + 900_000 });
  t.deepEqual(decide([for_300, { ...for_300, tolerationSeconds: 10 }], added_ms), { type: "evict", at_ms: added_ms + 300_000 }, "the first that fits");
  const other = { ...taint, key: "other" };
  t.deepEqual(decide([for_300, { ...for_300, key: "other", tolerationSeconds: 10 }], added_ms, [taint, other]), { type: "evict", at_ms: added_ms + 10_000 }, "the shortest of several taints");
  t.deepEqual(decide([{ ...for_300, tolerationSeconds: -5 }], added_ms), { type: "evict", at_ms: added_ms });
});

test("tolerated for ever, and nothing to tolerate", (t) => {
  t.deepEqual(decide([{ operator: "Exists" }], added_ms), { type: "stays" });
  t.deepEqual(decide([], added_ms, [{ key: "x", effect: "NoSchedule" }]), { type: "stays" });
});
