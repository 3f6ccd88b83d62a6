import test from "ava";
import fc from "fast-check";
import { nodes, pods } from "../api/resources.ts";
import type { Pod } from "../api/wire.ts";
import { startTestServer, type TestServer } from "../apiserver/testing/test-server.ts";
import type { Client } from "../client/client.ts";
import { createEventRecorder } from "../client/event-recorder.ts";
import { createInProcessClient } from "../client/in-process/client.ts";
import { InformerSet } from "../client/informer-set.ts";
import { silentLogger } from "../lib/logger.ts";
import { systemRandom } from "../lib/random.ts";
import { VirtualClock } from "../lib/virtual-clock.ts";
import { createScheduler } from "./scheduler.ts";
import { Gate, gatedClient } from "./testing/gate.ts";
import { makeNode, makePod } from "./testing/objects.ts";

const NODES = 3;
const CPUS_PER_NODE = 2;
const PODS = 8;
const MAX_ROUNDS = 1_000;

/** Two API servers on one store, on one virtual clock. */
interface World {
  readonly clock: VirtualClock;
  readonly servers: readonly TestServer[];
  readonly admins: readonly Client[];
}

async function withWorld(body: (world: World) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  const first = await startTestServer({ clock });
  const second = await startTestServer({ clock, store: first.store, pki: first.pki });
  const servers = [first, second];
  const admins = servers.map((server) => createInProcessClient(server.handler, { name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] }, { clock }));
  try {
    await admins[0]!.create({ group: "", version: "v1", resource: "serviceaccounts", kind: "ServiceAccount", namespaced: true }, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "none", namespace: "default" } });
    await body({ clock, servers, admins });
  } finally {
    await second.stop();
    await first.stop();
  }
}

interface Running {
  readonly stop: AbortController;
  readonly done: Promise<unknown>;
}

function startScheduler({ clock, servers }: World, which: number, gate: Gate): Running {
  const parts = { clock, random: systemRandom, logger: silentLogger };
  const client = gatedClient(createInProcessClient(servers[which]!.handler, { name: "system:kube-scheduler", groups: ["system:authenticated"] }, { clock }), gate);
  const stop = new AbortController();
  const informers = new InformerSet({ client, ...parts });
  const recorder = createEventRecorder({ client, ...parts, component: "default-scheduler", style: "events" });
  const scheduler = createScheduler({ client, informers, recorder, ...parts });
  return { stop, done: Promise.all([informers.run(stop.signal), scheduler.run(stop.signal)]) };
}

async function addNodes(client: Client, run: number): Promise<void> {
  for (let i = 0; i < NODES; i++) {
    const { metadata, status, apiVersion, kind } = makeNode(`run${run}-n${i}`, { cpu: String(CPUS_PER_NODE) });
    const made = await client.create(nodes, { apiVersion, kind, metadata: { name: metadata.name!, labels: metadata.labels! } });
    const reported = await client.update(nodes, { ...made, status: { ...status } }, { subresource: "status" });
    await client.update(nodes, { ...reported, spec: {} });
  }
}

function addPod(client: Client, name: string): Promise<Pod> {
  const { metadata, spec, apiVersion, kind } = makePod(name, { requests: { cpu: "1" } });
  return client.create(pods, { apiVersion, kind, metadata: { name, namespace: "default", labels: metadata.labels! }, spec: { ...spec!, serviceAccountName: "none", automountServiceAccountToken: false } });
}

/** Lets time go on, no faster than the store works, until the promise has settled. */
async function settled<T>({ clock, servers }: World, promise: Promise<T>): Promise<T> {
  let pending = true;
  const done = () => {
    pending = false;
  };
  promise.then(done, done);
  while (pending) {
    await servers[0]!.store.txn({ compare: [], operations: [{ type: "put", key: "/registry/berth.dev/heartbeat", value: new Uint8Array() }] });
    await clock.advance(20);
  }
  return promise;
}

/** @throws Error naming a node that has more than it offers */
function checkNodes(all: readonly Pod[]): void {
  const used = new Map<string, string[]>();
  for (const { spec, metadata } of all) if (spec?.nodeName) used.set(spec.nodeName, [...(used.get(spec.nodeName) ?? []), metadata.name ?? ""]);
  for (const [node, names] of used) if (names.length > CPUS_PER_NODE) throw new Error(`${node} holds ${names}`);
}

/** One thing that happens next, chosen by a number. */
async function happen(world: World, number: number, run: number, gate: Gate, running: Running[]): Promise<void> {
  const which = number % 2;
  const admin = world.admins[which]!;
  const rest = Math.floor(number / 20);
  switch (number % 20) {
    case 0:
    case 1:
      return world.clock.advance(1 + (rest % 3_000));
    case 2: {
      const bound = (await settled(world, admin.list(pods, {}))).items.filter((pod) => pod.spec?.nodeName);
      const pod = bound[rest % Math.max(1, bound.length)];
      if (pod !== undefined) await settled(world, admin.delete(pods, { namespace: "default", name: pod.metadata.name! }, { gracePeriodSeconds: 0 }).catch(() => undefined));
      return;
    }
    case 3: {
      // A binder that looks at nothing.
      const name = `run${run}-p${rest % PODS}`;
      const body = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace: "default" }, target: { kind: "Node", name: `run${run}-n${rest % NODES}` } };
      void admin.createSubresource(pods, { namespace: "default", name }, "binding", body).catch(() => undefined);
      return;
    }
    case 4:
      // Killed between decision and binding; what it has sent already goes on.
      running[which]!.stop.abort(new Error("killed"));
      running.push(running[which]!);
      running[which] = startScheduler(world, which, gate);
      return;
    default:
      gate.release(rest);
  }
}

async function oneRun(world: World, run: number, numbers: readonly number[]): Promise<void> {
  const [admin] = world.admins as [Client];
  await settled(world, addNodes(admin, run));
  const gate = new Gate();
  const running = [startScheduler(world, 0, gate), startScheduler(world, 1, gate)];
  try {
    for (let i = 0; i < PODS; i++) await settled(world, addPod(admin, `run${run}-p${i}`));
    for (const number of numbers) {
      await happen(world, number, run, gate, running);
      checkNodes((await settled(world, admin.list(pods, {}))).items);
    }
    gate.open();
    for (let round = 0; ; round++) {
      const { items } = await settled(world, admin.list(pods, {}));
      checkNodes(items);
      const bound = items.filter((pod) => pod.spec?.nodeName).length;
      if (bound === Math.min(items.length, NODES * CPUS_PER_NODE)) break;
      if (round === MAX_ROUNDS) throw new Error(`only ${bound} of ${items.length} pods are bound`);
      await settled(world, world.clock.advance(100));
    }
  } finally {
    gate.open();
    for (const { stop } of running) stop.abort(new Error("end of the run"));
    await settled(world, Promise.all(running.map(({ done }) => done)));
    await settled(world, admin.deleteCollection(pods, { namespace: "default" }, { gracePeriodSeconds: 0 }));
    for (let i = 0; i < NODES; i++) await settled(world, admin.delete(nodes, { name: `run${run}-n${i}` }));
  }
}

test("two schedulers, a binder that looks at nothing and kills at any moment: no node ever gets more than it offers, and every pod that fits is bound", async (t) => {
  t.timeout(120_000);
  await withWorld(async (world) => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 1_000_000 }), { minLength: 20, maxLength: 80 }), (numbers) => oneRun(world, run++, numbers)),
      { numRuns: 25, endOnFailure: true, includeErrorInReport: true },
    );
  });
  t.pass();
});
