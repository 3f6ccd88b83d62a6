import test from "ava";
import type { Pod, Service } from "../../api/wire.ts";
import { TriggerTimes } from "./trigger-times.ts";

const service: Service = { apiVersion: "v1", kind: "Service", metadata: { name: "s", namespace: "ns", creationTimestamp: "2026-01-01T00:00:00Z" } };
const pod = (name: string, second: number, status = "True"): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "ns" },
  status: { conditions: [{ type: "Ready", status, lastTransitionTime: `2026-01-01T00:00:${second}Z` }] },
});

test("a new Service's time is its own, then the earliest of what changed, and none where no pod's readiness did", (t) => {
  const times = new TriggerTimes();
  t.is(times.next(service, [pod("a", 10)]), "2026-01-01T00:00:00Z");
  t.is(times.next(service, [pod("a", 10)]), undefined);
  t.is(times.next(service, [pod("a", 40, "False"), pod("b", 30), pod("c", 20), { ...pod("d", 10), status: {} }]), "2026-01-01T00:00:20Z");
  t.is(times.next(service, [pod("a", 40), pod("b", 30)]), undefined, "a pod that goes, or ends, is no time");
  times.forget("ns/s");
  t.is(times.next(service, []), "2026-01-01T00:00:00Z");
});
