import test, { type ExecutionContext } from "ava";
import type { ApiHandler } from "../api/exchange.ts";
import { configmaps, leases } from "../api/resources.ts";
import { seededRandom } from "../lib/random.ts";
import { ConnectionError } from "./client.ts";
import { fencedClient } from "./fenced.ts";
import { type Leadership, runLeaderElection } from "./leader-election.ts";
import { VirtualServer } from "./testing/virtual-server.ts";

const LEASE = { namespace: "kube-system", name: "test" };
const ADMIN = { name: "kubernetes-admin", groups: ["system:masters"] };

interface Candidate {
  readonly identity: string;
  term: Leadership | undefined;
  /** Its requests go nowhere: cut off, hanging. */
  link: "up" | "down" | "hanging";
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

class Race {
  readonly virtual: VirtualServer;
  readonly candidates: Candidate[] = [];
  /** Who led at once with whom, at any moment that we looked. */
  most = 0;

  constructor(virtual: VirtualServer) {
    this.virtual = virtual;
  }

  enter(identity: string): Candidate {
    const stop = new AbortController();
    const candidate: Candidate = { identity, term: undefined, link: "up", stop, ended: Promise.resolve() };
    const wrap = (handler: ApiHandler): ApiHandler => async (request) => {
      if (candidate.link === "down") throw new ConnectionError("down", { outcomeUnknown: false });
      if (candidate.link === "hanging") return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason)));
      return handler(request);
    };
    const { clock, logger } = this.virtual;
    const random = seededRandom(this.candidates.length + 1);
    const lead = async (term: Leadership) => {
      candidate.term = term;
      await new Promise<void>((resolve) => (term.signal.aborted ? resolve() : term.signal.addEventListener("abort", () => resolve())));
      candidate.term = undefined;
    };
    const ended = runLeaderElection({ client: this.virtual.clientAs(ADMIN, wrap), clock, random, logger, lease: LEASE, identity }, lead, stop.signal);
    Object.assign(candidate, { ended });
    this.candidates.push(candidate);
    return candidate;
  }

  leaders(): string[] {
    return this.candidates.filter(({ term }) => term?.holds()).map(({ identity }) => identity);
  }

  async pass(duration_ms: number): Promise<void> {
    for (let passed_ms = 0; passed_ms < duration_ms; passed_ms += 100) {
      await this.virtual.pass(100, 100);
      this.most = Math.max(this.most, this.leaders().length);
    }
  }

  holder() {
    return this.virtual.admin.get(leases, LEASE);
  }
}

function raceTest(title: string, run: (t: ExecutionContext, race: Race) => Promise<void>): void {
  test(title, async (t) => {
    const virtual = await VirtualServer.start();
    const race = new Race(virtual);
    try {
      await run(t, race);
      t.true(race.most <= 1, `${race.most} led at once`);
    } finally {
      for (const { stop, ended } of race.candidates) {
        stop.abort();
        await virtual.settleWhile(ended);
      }
      t.is(virtual.clock.pending, 0, "timers are left");
      await virtual.stop();
    }
  });
}

raceTest("of many one leads, and keeps leading", async (t, race) => {
  for (const name of ["a", "b", "c", "d"]) race.enter(name);
  await race.pass(3000);
  const [leader] = race.leaders();
  t.truthy(leader);
  await race.pass(60_000);
  t.deepEqual(race.leaders(), [leader]);
  const { spec } = await race.holder();
  t.like(spec, { holderIdentity: leader, leaseDurationSeconds: 15, leaseTransitions: 0 });
  t.true(Date.parse(spec?.renewTime ?? "") > Date.parse(spec?.acquireTime ?? ""));
});

for (const link of ["down", "hanging"] as const) {
  raceTest(`a leader that is cut off (${link}) stops before another starts`, async (t, race) => {
    const a = race.enter("a");
    await race.pass(1000);
    race.enter("b");
    await race.pass(5000);
    t.deepEqual(race.leaders(), ["a"]);
    a.link = link;
    await race.pass(12_000);
    t.deepEqual(race.leaders(), []);
    await race.pass(10_000);
    t.deepEqual(race.leaders(), ["b"]);
    t.is((await race.holder()).spec?.leaseTransitions, 1);
    a.link = "up";
    await race.pass(30_000);
    t.deepEqual(race.leaders(), ["b"]);
  });
}

raceTest("a short break costs nobody the office", async (t, race) => {
  const a = race.enter("a");
  await race.pass(1000);
  race.enter("b");
  for (let i = 0; i < 5; i++) {
    a.link = i % 2 === 0 ? "down" : "hanging";
    await race.pass(5000);
    t.deepEqual(race.leaders(), ["a"]);
    a.link = "up";
    await race.pass(5000);
  }
});

raceTest("given up cleanly, the office is free at once; the same name may take it up again at once", async (t, race) => {
  const a = race.enter("a");
  await race.pass(1000);
  const b = race.enter("b");
  await race.pass(3000);
  a.stop.abort();
  await race.pass(3000);
  t.deepEqual(race.leaders(), ["b"]);
  t.is((await race.holder()).spec?.leaseTransitions, 1);
  b.link = "down";
  race.enter("b");
  await race.pass(200);
  t.is(race.candidates[2]?.term?.holds(), true);
  race.most = 0;
  b.stop.abort();
});

raceTest("somebody else's hand on the Lease ends the term", async (t, race) => {
  race.enter("a");
  await race.pass(3000);
  await race.virtual.admin.patch(leases, LEASE, "merge", { spec: { holderIdentity: "usurper" } });
  await race.pass(4000);
  t.deepEqual(race.leaders(), []);
  await race.virtual.admin.delete(leases, LEASE);
  await race.pass(20_000);
  t.deepEqual(race.leaders(), ["a"]);
});

raceTest("holds() is false as soon as the time is over, though nothing has run since (a process that was frozen)", async (t, race) => {
  const a = race.enter("a");
  await race.pass(3000);
  const term = a.term;
  const now_ms = race.virtual.clock.monotonic_ms.bind(race.virtual.clock);
  const client = fencedClient(race.virtual.admin, term as Leadership);
  const write = () => client.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "default", generateName: "x-" } });
  await write();
  race.virtual.clock.monotonic_ms = () => now_ms() + 11_000;
  t.false(term?.signal.aborted);
  t.false(term?.holds());
  const error = await t.throwsAsync(write(), { instanceOf: ConnectionError, message: /not the leader any more/ });
  t.false(error?.outcomeUnknown);
  t.is((await client.list(configmaps, { namespace: "default" })).items.filter(({ metadata }) => metadata.name?.startsWith("x-")).length, 1);
  race.virtual.clock.monotonic_ms = now_ms;
});

test("settings that would let two lead are refused", async (t) => {
  const virtual = await VirtualServer.start();
  const { clock, logger, admin: client } = virtual;
  const options = { client, clock, logger, random: seededRandom(1), lease: LEASE, identity: "a" };
  const run = (more: object) => runLeaderElection({ ...options, ...more }, async () => undefined, new AbortController().signal);
  await t.throwsAsync(run({ leaseDuration_ms: 10_000 }), { message: /leaseDuration must be greater/ });
  await t.throwsAsync(run({ retryPeriod_ms: 9000 }), { message: /renewDeadline must be greater/ });
  await virtual.stop();
});
