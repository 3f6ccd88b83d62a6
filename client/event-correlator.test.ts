import test from "ava";
import type { CoreEvent } from "../api/wire.ts";
import { EventCorrelator } from "./event-correlator.ts";

let names = 0;
function anEvent(message: string, object = "o", reason = "R"): CoreEvent {
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `e${++names}` },
    involvedObject: { kind: "Pod", name: object, uid: object },
    reason,
    message,
    type: "Normal",
    source: { component: "c" },
    firstTimestamp: `t${names}`,
    lastTimestamp: `t${names}`,
  };
}

test("the same again is counted on the first, whose name and time stay", (t) => {
  const correlator = new EventCorrelator();
  const first = correlator.correlate(anEvent("m"), 0);
  const second = correlator.correlate(anEvent("m"), 1000);
  t.like(first, { type: "write", count: 1, first: true });
  t.like(second, { type: "write", count: 2, first: false });
  if (first.type !== "write" || second.type !== "write") return t.fail();
  t.is(second.event.metadata.name, first.event.metadata.name);
  t.is(second.event.firstTimestamp, first.event.firstTimestamp);
  t.not(second.event.lastTimestamp, first.event.lastTimestamp);
});

test("many messages of one reason become one", (t) => {
  const correlator = new EventCorrelator();
  const results = Array.from({ length: 15 }, (_, index) => correlator.correlate(anEvent(`message ${index}`), index));
  const combined = results.filter((result) => result.type === "write" && result.event.message?.startsWith("(combined from similar events): "));
  t.is(combined.length, 6);
  t.like(combined[5], { count: 6 });
  t.like(combined[0], { event: { reportingComponent: "" } });
  const later = correlator.correlate(anEvent("message 99"), 601_000 + 15);
  t.true(later.type === "write" && later.event.message === "message 99");
});

test("a flood about one object is cut off, others are not touched", (t) => {
  const correlator = new EventCorrelator();
  const written = (count: number, object: string, now_ms: number) => Array.from({ length: count }, () => correlator.correlate(anEvent("m", object), now_ms)).filter(({ type }) => type === "write").length;
  t.is(written(100, "a", 0), 25);
  t.is(written(1, "b", 0), 1);
  t.is(written(100, "a", 300_000), 1);
});
