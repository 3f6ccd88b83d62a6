import test from "ava";
import type { PodStatus } from "../../api/wire.ts";
import { ApiError, type Client, ConnectionError } from "../../client/client.ts";
import { silentLogger } from "../../lib/logger.ts";
import { seededRandom } from "../../lib/random.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { podOf } from "../testing/pod-bench.ts";
import { StatusWriter, statusPatch } from "./writer.ts";

interface Sent {
  readonly status: Record<string, unknown>;
  finish(error?: Error): void;
}

function setUp() {
  const clock = new VirtualClock();
  const sent: Sent[] = [];
  const client = {
    patch: (_resource: unknown, _key: unknown, _type: string, body: { status: Record<string, unknown> }) =>
      new Promise<void>((resolve, reject) => sent.push({ status: body.status, finish: (error) => (error === undefined ? resolve() : reject(error)) })),
  } as unknown as Client;
  const writer = new StatusWriter({ client, clock, random: seededRandom(1), logger: silentLogger });
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { clock, sent, writer, turn };
}

const running = (restartCount: number, message = ""): PodStatus => ({
  phase: "Running",
  message,
  containerStatuses: [{ name: "c", image: "img", imageID: "", ready: true, restartCount, state: { running: { startedAt: "2026-01-01T00:00:00Z" } } }],
});

test("states that differ for a watcher are written in their order; what only differs in words is overtaken", async (t) => {
  const { sent, writer, turn } = setUp();
  const pod = podOf();
  for (const status of [running(0), running(1), running(2, "a"), running(2, "b")]) writer.set(pod, status);
  const written: unknown[] = [];
  for (let index = 0; index < 3; index++) {
    await turn();
    t.is(sent.length, index + 1, "one at a time");
    const { status } = sent[index] as Sent;
    written.push([(status["containerStatuses"] as { restartCount: number }[])[0]?.restartCount, status["message"]]);
    sent[index]?.finish();
  }
  await turn();
  t.deepEqual(written, [[0, ""], [1, ""], [2, "b"]]);
  t.true(await writer.drained(pod));
});

test("while the API server is away the newest few are kept, and then written", async (t) => {
  const { sent, writer, turn, clock } = setUp();
  const pod = podOf();
  for (let count = 0; count < 50; count++) writer.set(pod, running(count));
  for (let tries = 0; tries < 5; tries++) {
    await turn();
    sent.at(-1)?.finish(new ConnectionError("away", { outcomeUnknown: false }));
    await turn();
    await clock.advance(20_000);
  }
  const before = sent.length;
  const counts: number[] = [];
  for (let index = before - 1; index < before + 8; index++) {
    const { status } = sent[index] ?? {};
    if (status !== undefined) counts.push((status["containerStatuses"] as { restartCount: number }[])[0]?.restartCount ?? -1);
    sent[index]?.finish();
    await turn();
  }
  t.true(counts.length <= 9);
  t.is(counts.at(-1), 49);
});

test("a pod that is gone, or another of its name, is not written again", async (t) => {
  const { sent, writer, turn } = setUp();
  const pod = podOf();
  writer.set(pod, running(0));
  writer.set(pod, running(1));
  await turn();
  sent[0]?.finish(new ApiError({ status: "Failure", reason: "NotFound", code: 404 }));
  t.false(await writer.drained(pod));
  t.is(sent.length, 1);
});

test("a write that is forbidden is tried again: the server may learn of the pod after us", async (t) => {
  const { sent, writer, turn, clock } = setUp();
  const pod = podOf();
  writer.set(pod, running(0));
  await turn();
  sent[0]?.finish(new ApiError({ status: "Failure", reason: "Forbidden", code: 403 }));
  await turn();
  await clock.advance(1_000);
  t.is(sent.length, 2);
  sent[1]?.finish();
  t.true(await writer.drained(pod));
});

test("the patch takes back what is no longer so, leaves others' conditions alone, and replaces addresses", (t) => {
  const written: PodStatus = {
    phase: "Running",
    reason: "R",
    podIP: "10.0.0.1",
    podIPs: [{ ip: "10.0.0.1" }],
    conditions: [{ type: "Ready", status: "False", reason: "ContainersNotReady", message: "m" }, { type: "example.com/gate", status: "True" }],
  };
  const patch = statusPatch(written, { phase: "Running", podIP: "10.0.0.2", podIPs: [{ ip: "10.0.0.2" }], conditions: [{ type: "example.com/gate", status: "False" }, { type: "Ready", status: "True" }] });
  t.is(patch["reason"], null);
  t.deepEqual(patch["podIPs"], [{ ip: "10.0.0.2" }, { $patch: "replace" }]);
  t.deepEqual(patch["conditions"], [{ reason: null, message: null, type: "Ready", status: "True" }]);
  t.deepEqual(statusPatch(written, { phase: "Failed" })["conditions"], [{ type: "Ready", $patch: "delete" }, { type: "example.com/gate", $patch: "delete" }]);
});
