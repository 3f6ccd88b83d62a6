import assert from "node:assert/strict";
import test, { type ExecutionContext } from "ava";
import type { ApiHandler } from "../api/exchange.ts";
import { coreEvents, namespaces, events as newEvents } from "../api/resources.ts";
import { seededRandom } from "../lib/random.ts";
import { ConnectionError } from "./client.ts";
import { createEventRecorder, type EventRecorder, type EventRecorderOptions } from "./event-recorder.ts";
import { VirtualServer } from "./testing/virtual-server.ts";

const ADMIN = { name: "kubernetes-admin", groups: ["system:masters"] };
const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "default", uid: "u1", resourceVersion: "7" } };

interface Setting {
  readonly virtual: VirtualServer;
  readonly link: { up: boolean };
  recorder(options?: Partial<EventRecorderOptions>): EventRecorder;
}

function recorderTest(title: string, run: (t: ExecutionContext, setting: Setting) => Promise<void>): void {
  test(title, async (t) => {
    const virtual = await VirtualServer.start();
    const link = { up: true };
    const wrap = (handler: ApiHandler): ApiHandler => async (request) => {
      if (!link.up) throw new ConnectionError("down", { outcomeUnknown: false });
      return handler(request);
    };
    const { clock, logger } = virtual;
    const recorder = (options: Partial<EventRecorderOptions> = {}) => createEventRecorder({ client: virtual.clientAs(ADMIN, wrap), clock, logger, random: seededRandom(3), component: "tester", ...options });
    try {
      await run(t, { virtual, link, recorder });
    } finally {
      await virtual.stop();
    }
  });
}

const all = async (virtual: VirtualServer, namespace = "default") => (await virtual.admin.list(coreEvents, { namespace })).items;

recorderTest("an event as kubectl shows it, and counted when it comes again", async (t, { virtual, recorder }) => {
  const events = recorder({ host: "node-1" });
  events.event(pod, { type: "Normal", reason: "Started", message: "Started container", fieldPath: "spec.containers{c}" });
  await events.flush();
  await virtual.pass(5000, 1000);
  events.event(pod, { type: "Normal", reason: "Started", message: "Started container", fieldPath: "spec.containers{c}" });
  events.event(pod, { type: "Normal", reason: "Started", message: "Started container", fieldPath: "spec.containers{c}" });
  await events.flush();
  const [event, ...others] = await all(virtual);
  t.deepEqual(others, []);
  t.like(event, {
    reason: "Started",
    message: "Started container",
    type: "Normal",
    count: 3,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:05Z",
    source: { component: "tester", host: "node-1" },
    reportingComponent: "tester",
    reportingInstance: "node-1",
  });
  t.deepEqual(event?.involvedObject, { kind: "Pod", namespace: "default", name: "p", uid: "u1", apiVersion: "v1", resourceVersion: "7", fieldPath: "spec.containers{c}" });
  t.regex(event?.metadata.name ?? "", /^p\.[0-9a-f]{16}$/);
});

recorderTest("events in the style of events.k8s.io", async (t, { virtual, recorder }) => {
  const events = recorder({ style: "events", component: "default-scheduler" });
  const text = { type: "Warning" as const, reason: "FailedScheduling", message: "0/3 nodes", action: "Scheduling" };
  events.event(pod, text);
  await events.flush();
  events.event(pod, text);
  await events.flush();
  const [event] = (await virtual.admin.list(newEvents, { namespace: "default" })).items;
  t.like(event, { reason: "FailedScheduling", note: "0/3 nodes", action: "Scheduling", reportingController: "default-scheduler", type: "Warning", series: { count: 2 } });
  t.regex(event?.eventTime ?? "", /^2026-01-01T00:00:00\.\d{6}Z$/);
});

recorderTest("about cluster-scoped objects they lie in default; long messages are kept", async (t, { virtual, recorder }) => {
  const events = recorder();
  events.event({ apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "x" } }, { type: "Normal", reason: "R", message: "m".repeat(5000) });
  await events.flush();
  const [event] = await all(virtual);
  t.is(event?.involvedObject.kind, "Node");
  t.is(event?.message?.length, 5000, "core/v1 has no limit");
});

recorderTest("messages in the style of events.k8s.io are cut where that ends", async (t, { virtual, recorder }) => {
  const events = recorder({ style: "events" });
  events.event({ apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "x" } }, { type: "Normal", reason: "R", message: "m".repeat(5000), action: "A" });
  await events.flush();
  const [event] = await all(virtual);
  t.is(event?.message?.length, 1024);
});

recorderTest("a server that is away for a while loses none; it never throws; a namespace that is gone is not an error", async (t, { virtual, link, recorder }) => {
  const events = recorder();
  link.up = false;
  events.event(pod, { type: "Normal", reason: "A", message: "a" });
  events.event(pod, { type: "Normal", reason: "A", message: "a" });
  await virtual.pass(5000);
  link.up = true;
  await virtual.settleWhile(events.flush());
  await virtual.eventually(async () => assert.equal((await all(virtual))[0]?.count, 2));
  events.event({ ...pod, metadata: { ...pod.metadata, namespace: "nowhere" } }, { type: "Normal", reason: "B", message: "b" });
  await virtual.settleWhile(events.flush());
  t.is((await all(virtual)).length, 1);
});

recorderTest("an event whose time to live is over is written anew with its count", async (t, { virtual, recorder }) => {
  const events = recorder();
  events.event(pod, { type: "Normal", reason: "A", message: "a" });
  await events.flush();
  const [event] = await all(virtual);
  await virtual.admin.delete(coreEvents, { namespace: "default", name: event?.metadata.name ?? "" });
  events.event(pod, { type: "Normal", reason: "A", message: "a" });
  await events.flush();
  t.is((await all(virtual))[0]?.count, 2);
});

recorderTest("a flood is bounded in memory and in what is written", async (t, { virtual, link, recorder }) => {
  const events = recorder();
  link.up = false;
  for (let object = 0; object < 3000; object++) events.event({ ...pod, metadata: { ...pod.metadata, name: `p${object}`, uid: `u${object}` } }, { type: "Normal", reason: "A", message: "a" });
  link.up = true;
  await virtual.settleWhile(events.flush());
  const written = await all(virtual);
  t.true(written.length >= 900 && written.length <= 1100, `${written.length} written`);
  t.is((await virtual.admin.list(namespaces)).items.length, 4);
});
