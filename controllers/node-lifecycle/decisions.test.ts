import test from "ava";
import type { Lease } from "../../api/wire.ts";
import { aNode } from "../testing/objects.ts";
import { type Heartbeat, observe, silentConditions } from "./health.ts";
import { wantedTaints } from "./taints.ts";
import { DEFAULT_EVICTION, EvictionLimiter, evictionRate, isEverythingDown, zoneStates } from "./zones.ts";

const CREATED = "2026-01-01T00:00:00Z";
const NOW = Date.parse("2026-01-01T01:00:00Z");
const lease = (renewTime: string): Lease => ({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: {}, spec: { renewTime } });

test("a heartbeat counts when we hear it, from Lease or status", (t) => {
  const node = aNode({ created: CREATED });
  const first = observe(node, lease("1"), undefined, NOW);
  t.is(first.heard_ms, NOW);
  t.is(observe(node, lease("1"), first, NOW + 5), first);
  t.is(observe(node, lease("2"), first, NOW + 5).heard_ms, NOW + 5);
  t.is(observe(aNode({ heartbeat: "2026-01-01T00:30:00Z" }), lease("1"), first, NOW + 7).heard_ms, NOW + 7);
});

test("a node that never spoke counts from its creation; our own Unknown is not a sign of life", (t) => {
  t.is(observe(aNode({ ready: "", created: CREATED }), undefined, undefined, NOW).heard_ms, Date.parse(CREATED));
  const node = aNode({ name: "n" });
  const before: Heartbeat = observe(node, lease("1"), undefined, NOW);
  const conditions = silentConditions(node, NOW + 40_000);
  const silenced = { ...node, status: { ...node.status, ...(conditions ? { conditions } : {}) } };
  t.is(observe(silenced, lease("1"), before, NOW + 41_000), before);
  t.is(observe(silenced, lease("2"), before, NOW + 42_000).heard_ms, NOW + 42_000);
});

test("silence: what was reported becomes Unknown, what never was too; once", (t) => {
  const node = aNode({ conditions: { MemoryPressure: "False", NetworkUnavailable: "False" } });
  const conditions = silentConditions(node, NOW) ?? [];
  const of = (type: string) => conditions.find((condition) => condition.type === type);
  t.like(of("Ready"), { status: "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status.", lastTransitionTime: "2026-01-01T01:00:00Z" });
  t.is(of("MemoryPressure")?.status, "Unknown");
  t.like(of("DiskPressure"), { status: "Unknown", reason: "NodeStatusNeverUpdated", message: "Kubelet never posted node status.", lastHeartbeatTime: CREATED });
  t.is(of("NetworkUnavailable")?.status, "False");
  t.is(silentConditions({ ...node, status: { conditions } }, NOW + 1), undefined);
});

const now = "2026-01-01T01:00:00Z";
test("conditions and unschedulable become NoSchedule taints; others' taints stay", (t) => {
  const mine = { key: "dedicated", value: "x", effect: "NoSchedule" };
  const node = aNode({ conditions: { MemoryPressure: "True", DiskPressure: "False" }, unschedulable: true, taints: [mine, { key: "node.kubernetes.io/disk-pressure", effect: "NoSchedule" }] });
  t.deepEqual(wantedTaints(node, "remove", now), [
    mine,
    { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule", timeAdded: now },
    { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule", timeAdded: now },
  ]);
  t.is(wantedTaints(aNode({ taints: [mine] }), "remove", now), undefined);
});

test("not ready: NoSchedule at once, NoExecute only when the pods are to go, and its time stays", (t) => {
  const down = (taints?: { key: string; effect: string; timeAdded: string }[]) => aNode({ ready: "Unknown", ...(taints ? { taints } : {}) });
  const noSchedule = { key: "node.kubernetes.io/unreachable", effect: "NoSchedule", timeAdded: now };
  const noExecute = { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: now };
  t.deepEqual(wantedTaints(down(), "keep", now), [noSchedule]);
  t.deepEqual(wantedTaints(down(), "add", now), [noSchedule, noExecute]);
  t.is(wantedTaints(down([noSchedule, noExecute]), "keep", "2026-01-01T02:00:00Z"), undefined);
  t.is(wantedTaints(down([noSchedule, noExecute]), "add", "2026-01-01T02:00:00Z"), undefined);
  t.deepEqual(wantedTaints(down([noSchedule, noExecute]), "remove", now), [noSchedule]);
  t.deepEqual(wantedTaints(aNode({ taints: [noSchedule, noExecute] }), "remove", now), []);
});

test("zones: when most nodes of a zone are down evictions slow down or stop; when all zones are, it is us", (t) => {
  const zone = (name: string, up: number, down: number) => [...Array.from({ length: up }, () => aNode({ zone: name })), ...Array.from({ length: down }, () => aNode({ zone: name, ready: "Unknown" }))];
  const state = (up: number, down: number) => {
    const [health] = zoneStates(zone("z", up, down), DEFAULT_EVICTION).values();
    return health && [health.state, evictionRate(health, DEFAULT_EVICTION)];
  };
  t.deepEqual(state(1, 1), ["Normal", 0.1]);
  t.deepEqual(state(2, 3), ["PartialDisruption", 0]);
  t.deepEqual(state(30, 60), ["PartialDisruption", 0.01]);
  t.deepEqual(state(0, 2), ["FullDisruption", 0.1]);
  t.true(isEverythingDown(zoneStates([...zone("a", 0, 2), ...zone("b", 0, 1)], DEFAULT_EVICTION)));
  t.false(isEverythingDown(zoneStates([...zone("a", 0, 2), ...zone("b", 1, 1)], DEFAULT_EVICTION)));
  t.false(isEverythingDown(new Map()));
});

test("one node at once, then at the rate", (t) => {
  const limiter = new EvictionLimiter(0);
  t.is(limiter.take(0.1, 0), 0);
  t.is(limiter.take(0.1, 0), 10_000);
  t.is(limiter.take(0.1, 10_000), 0);
  t.is(limiter.take(0, 11_000), Number.POSITIVE_INFINITY);
});
