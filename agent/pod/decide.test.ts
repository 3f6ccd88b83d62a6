import test from "ava";
import fc from "fast-check";
import type { Pod } from "../../api/wire.ts";
import { containerOf, podOf } from "../testing/pod-bench.ts";
import type { Action } from "./actions.ts";
import { decide } from "./decide.ts";
import { newPodState, type PodState } from "./pod-state.ts";
import type { ContainerRecord, SandboxRecord } from "./runtime-state.ts";
import { allRemoved, cleanedUp, podRemoved, podUpdated, prepareEnded, probed, runtimeObserved, sandboxTaskEnded, startEnded, stopEnded } from "./transitions.ts";

const START_MS = 1_000_000;

/** A runtime as data: actions of the machine change it, and so does chance. */
class World {
  state: PodState;
  now_ms = START_MS;
  sandboxes: SandboxRecord[] = [];
  containers: ContainerRecord[] = [];
  pending: Action[] = [];
  readonly log: Action[] = [];
  #count = 0;

  constructor(pod: Pod) {
    this.state = newPodState(pod, START_MS);
  }

  step(): void {
    const decision = decide(this.state, this.now_ms);
    this.state = decision.state;
    this.pending.push(...decision.actions.filter((action) => action.type !== "event"));
    this.log.push(...decision.actions);
  }

  observe(): void {
    this.state = runtimeObserved(this.state, { sandboxes: [...this.sandboxes], containers: [...this.containers] });
  }

  /** Ends the pending action of this index, well or not. */
  finish(index: number, goesWell: boolean): void {
    const [action] = this.pending.splice(index % Math.max(1, this.pending.length), 1);
    if (action === undefined) return;
    const retryAt_ms = this.now_ms + 1_000;
    const result = goesWell ? {} : { retryAt_ms };
    if (action.type === "prepare") this.state = prepareEnded(this.state, result);
    if (action.type === "create-sandbox") {
      if (goesWell) this.sandboxes.unshift({ id: `s${++this.#count}`, attempt: action.attempt, createdAt_ns: this.#count, ready: true, ips: ["10.0.0.1"] });
      this.observe();
      this.state = sandboxTaskEnded(this.state, result);
    }
    if (action.type === "stop-sandbox") {
      if (goesWell) this.downSandbox(action.id);
      this.state = sandboxTaskEnded(this.state, result);
    }
    if (action.type === "start-container") this.#finishStart(action, goesWell);
    if (action.type === "stop-container") {
      if (goesWell) this.end(action.id, 137);
      this.state = stopEnded(this.state, action.id);
    }
    if (action.type === "remove-containers") {
      // The worker goes on until it works.
      if (!goesWell) this.pending.push(action);
      else {
        this.containers = this.containers.filter((record) => !action.ids.includes(record.id));
        this.observe();
        this.state = allRemoved(this.state, this.now_ms);
      }
    }
    if (action.type === "clean-up") {
      this.containers = [];
      this.sandboxes = [];
      this.state = cleanedUp(this.state);
      this.observe();
    }
  }

  #finishStart(action: Extract<Action, { type: "start-container" }>, goesWell: boolean): void {
    const isUp = this.sandboxes.some((sandbox) => sandbox.id === action.sandboxId && sandbox.ready);
    if (!isUp || this.state.stage !== "running") {
      this.state = startEnded(this.state, action.name, { type: "aborted" }, this.now_ms, 0);
      return;
    }
    if (!goesWell) {
      this.state = startEnded(this.state, action.name, { type: "failed", reason: { reason: "CreateContainerError", message: "" }, hasContainer: false }, this.now_ms, 0.5);
      return;
    }
    const id = `c${++this.#count}`;
    this.containers.unshift({ id, name: action.name, sandboxId: action.sandboxId, attempt: action.attempt, state: "running", createdAt_ns: this.#count, startedAt_ms: this.now_ms, finishedAt_ms: 0, exitCode: 0, reason: "", message: "", image: "img", imageId: "img", hash: "" });
    this.observe();
    this.state = startEnded(this.state, action.name, { type: "started" }, this.now_ms, 0);
  }

  end(id: string, exitCode: number): void {
    this.containers = this.containers.map((record) => (record.id === id && record.state === "running" ? { ...record, state: "exited", exitCode, finishedAt_ms: this.now_ms } : record));
    this.observe();
  }

  downSandbox(id: string): void {
    this.sandboxes = this.sandboxes.map((sandbox) => (sandbox.id === id ? { ...sandbox, ready: false } : sandbox));
    this.containers = this.containers.map((record) => (record.sandboxId === id && record.state === "running" ? { ...record, state: "exited", exitCode: 137, finishedAt_ms: this.now_ms } : record));
    this.observe();
  }

  /** What must hold whatever happens. */
  check(): string | undefined {
    const running = this.containers.filter((record) => record.state === "running");
    if (new Set(running.map((record) => record.name)).size !== running.length) return "two containers of one name run";
    if (this.sandboxes.filter((sandbox) => sandbox.ready).length > 1) return "two sandboxes are up";
    for (const name of new Set(this.containers.map((record) => record.name))) {
      const attempts = this.containers.filter((record) => record.name === name).map((record) => record.attempt);
      if (attempts.some((attempt, index) => attempt !== (attempts.at(-1) ?? 0) + attempts.length - 1 - index)) return `restart counts of ${name} are not in a row: ${attempts}`;
    }
    const starts = this.pending.filter((action) => action.type === "start-container").map((action) => action.name);
    if (new Set(starts).size !== starts.length) return "a container is started twice at once";
    return undefined;
  }
}

const event = fc.oneof(
  fc.record({ type: fc.constant("finish" as const), index: fc.nat(5), goesWell: fc.boolean() }),
  fc.record({ type: fc.constant("finish" as const), index: fc.nat(5), goesWell: fc.constant(true) }),
  fc.record({ type: fc.constant("exit" as const), index: fc.nat(5), code: fc.constantFrom(0, 0, 1) }),
  fc.record({ type: fc.constant("time" as const), passed_ms: fc.constantFrom(10, 1_000, 12_000, 100_000) }),
  fc.record({ type: fc.constant("sandbox-dies" as const) }),
  fc.record({ type: fc.constant("probe" as const), index: fc.nat(5), probe: fc.constantFrom("liveness" as const, "startup" as const), outcome: fc.constantFrom("success" as const, "failure" as const) }),
);
type Happening = typeof event extends fc.Arbitrary<infer T> ? T : never;

function happen(world: World, what: Happening): void {
  const running = world.containers.filter((record) => record.state === "running");
  if (what.type === "finish") world.finish(what.index, what.goesWell);
  if (what.type === "exit" && running.length > 0) world.end(running[what.index % running.length]?.id ?? "", what.code);
  if (what.type === "time") world.now_ms += what.passed_ms;
  if (what.type === "sandbox-dies") {
    const up = world.sandboxes.find((sandbox) => sandbox.ready);
    if (up !== undefined) world.downSandbox(up.id);
  }
  if (what.type === "probe" && running.length > 0) world.state = probed(world.state, running[what.index % running.length]?.id ?? "", what.probe, what.outcome);
}

const RESTART_ALL = { restartPolicy: "Never", restartPolicyRules: [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [1] } }] };

const podArbitrary = fc.record({ restartPolicy: fc.constantFrom("Always", "OnFailure", "Never"), init: fc.nat(2), sidecar: fc.boolean(), regular: fc.integer({ min: 1, max: 3 }), restartsAll: fc.boolean() }).map(({ restartPolicy, init, sidecar, regular, restartsAll }) =>
  podOf({
    restartPolicy,
    initContainers: [...Array.from({ length: init }, (_, index) => containerOf(`i${index}`)), ...(sidecar ? [containerOf("s", { restartPolicy: "Always" })] : [])],
    containers: Array.from({ length: regular }, (_, index) => containerOf(`c${index}`, index === 0 && restartsAll ? { ...RESTART_ALL, restartPolicy } : {})),
  }),
);

test("whatever happens: one sandbox, one container of a name, restart counts in a row; and deciding twice changes nothing", (t) => {
  fc.assert(
    fc.property(podArbitrary, fc.array(event, { maxLength: 80 }), (pod, happenings) => {
      const world = new World(pod);
      world.step();
      for (const what of happenings) {
        happen(world, what);
        world.step();
        const again = decide(world.state, world.now_ms);
        if (again.actions.length > 0) throw new Error(`decided twice: ${JSON.stringify(again.actions)}`);
        const problem = world.check();
        if (problem !== undefined) throw new Error(problem);
      }
    }),
    { numRuns: 400, seed: 7 },
  );
  t.pass();
});

test("whenever it is deleted, and whatever happened before: nothing starts any more, and in the end nothing is left", (t) => {
  fc.assert(
    fc.property(podArbitrary, fc.array(event, { maxLength: 40 }), fc.boolean(), (pod, happenings, isForced) => {
      const world = new World(pod);
      world.step();
      for (const what of happenings) {
        happen(world, what);
        world.step();
      }
      world.state = isForced ? podRemoved(world.state) : podUpdated(world.state, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 1 } });
      world.log.length = 0;
      for (let round = 0; round < 60 && world.state.cleanup !== "done"; round++) {
        world.step();
        world.finish(0, true);
        world.now_ms += 2_000;
      }
      if (world.state.cleanup !== "done") throw new Error(`stuck in ${world.state.stage}`);
      if (world.log.some((action) => action.type === "start-container" || action.type === "create-sandbox")) throw new Error("something was started");
    }),
    { numRuns: 400, seed: 11 },
  );
  t.pass();
});

test("left alone, an Always pod comes to run: whatever happened before, the machine never gets stuck", (t) => {
  fc.assert(
    fc.property(podArbitrary, fc.array(event, { maxLength: 40 }), (pod, happenings) => {
      const always = { ...pod, spec: { ...pod.spec, containers: pod.spec?.containers ?? [], restartPolicy: "Always" } };
      const world = new World(always);
      world.step();
      for (const what of happenings) {
        happen(world, what);
        world.step();
      }
      for (let round = 0; round < 200; round++) {
        for (const record of world.containers) if (record.state === "running" && /^i/.test(record.name)) world.end(record.id, 0);
        world.finish(0, true);
        world.now_ms += 10_000;
        world.step();
      }
      const running = new Set(world.containers.filter((record) => record.state === "running").map((record) => record.name));
      for (const { name } of always.spec.containers) if (!running.has(name)) throw new Error(`${name} does not run`);
    }),
    { numRuns: 300, seed: 13 },
  );
  t.pass();
});
