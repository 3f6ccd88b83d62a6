import type { Pod } from "../../api/wire.ts";
import { pods } from "../../api/resources.ts";
import type { EventText } from "../../client/event-recorder.ts";
import type { Timer } from "../../lib/clock.ts";
import { PodProbes, type ProbedContainer } from "../probe/pod-probes.ts";
import type { EndReason } from "../status/pod-status.ts";
import type { Action } from "./actions.ts";
import { decide } from "./decide.ts";
import { garbageOf } from "./garbage.ts";
import type { NodeContext } from "./node-context.ts";
import { isPassing, isReplacing, newPodState, type PodState } from "./pod-state.ts";
import { Publisher } from "./publisher.ts";
import { currentSandbox } from "./runtime-state.ts";
import { allContainers, findContainer, isHostNetwork, uidOf } from "./spec.ts";
import { releaseVolumes, removeContainer, removeFromRuntime, removeLogs } from "./tasks/clean-up.ts";
import { imageAhead } from "./tasks/ensure-image.ts";
import { resizeSummary } from "./resize.ts";
import { resizePod } from "./tasks/resize.ts";
import { createSandbox, stopSandbox } from "./tasks/sandbox.ts";
import { startContainer } from "./tasks/start-container.ts";
import { killContainer } from "./tasks/stop-container.ts";
import { VolumeSetup } from "./tasks/volume-setup.ts";
import { adopted, allRemoved, cleanedUp, endedByNode, podRemoved, podUpdated, prepareEnded, probed, resizeGranted, resizeRefused, resizeWritten, runtimeObserved, sandboxTaskEnded, startEnded, startMovedOn, stopEnded } from "./transitions.ts";

const RETRY_MS = 1_000;

type ActionOf<T extends Action["type"]> = Extract<Action, { type: T }>;

/** Runs one pod: feeds what happens to the state machine, does what it decides, publishes what comes of it. */
export class PodWorker {
  readonly #context: NodeContext;
  readonly #publisher: Publisher;
  readonly #probes: PodProbes;
  readonly #volumes: VolumeSetup;
  readonly #onGone: () => void;
  /** Aborts starts when the pod is to end. */
  readonly #starts = new AbortController();
  /** Aborts when the agent itself stops: containers are left as they are. */
  readonly #closed = new AbortController();
  readonly #removing = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #state: PodState;
  #timer: Timer | undefined;
  #imageAhead: { readonly name: string; readonly status: ReturnType<typeof imageAhead> } | undefined;
  #isConfirming = false;
  #isGone = false;

  /** `onGone`: nothing of the pod is left anywhere. */
  constructor(context: NodeContext, pod: Pod, onGone: () => void) {
    this.#context = context;
    this.#onGone = onGone;
    this.#publisher = new Publisher(context);
    this.#volumes = new VolumeSetup(context);
    const runtime = context.view.get(uidOf(pod));
    this.#state = newPodState(pod, context.clock.now_ms(), runtime);
    if (runtime.sandboxes.length > 0) this.#state = adopted(this.#state, (containerID) => containerID.replace(/^[^:]*:\/\//, ""));
    this.#probes = new PodProbes({
      prober: context.prober,
      clock: context.clock,
      onResult: (id, type, outcome) => this.#apply((state) => probed(state, id, type, outcome)),
      onEvent: (event) => this.#event(event),
    });
  }

  get state(): PodState {
    return this.#state;
  }

  /** The pod with the status that was made last, which the API server may not have shown us yet. */
  get podAsTold(): Pod {
    const status = this.#publisher.last;
    return status === undefined ? this.#state.pod : { ...this.#state.pod, status };
  }

  start(): void {
    this.#step();
  }

  update(pod: Pod): void {
    const old = this.#state.pod;
    this.#apply((state) => podUpdated(state, pod));
    const isChanged = JSON.stringify([old.metadata.labels, old.metadata.annotations]) !== JSON.stringify([pod.metadata.labels, pod.metadata.annotations]);
    if (isChanged) this.refreshVolumes();
    this.considerResize();
  }

  /** Grants the resources that the pod wants, if there is room for them now. */
  considerResize(): void {
    const { resize, stage, runtime } = this.#state;
    const { wanted, step, refusal } = resize;
    if (wanted === undefined || step !== "none" || stage !== "running" || runtime.containers.length === 0) return;
    const why = this.#context.refuseResize(wanted);
    if (why === undefined) {
      this.#event({ type: "Normal", reason: "ResizeStarted", message: `Pod resize started: ${resizeSummary(wanted)}` });
      return this.#apply(resizeGranted);
    }
    if (refusal?.reason !== why.reason) this.#event({ type: "Warning", reason: `Resize${why.reason}`, message: `Pod resize ${why.word}: ${resizeSummary(wanted, why.message)}` });
    this.#apply((state) => resizeRefused(state, why));
  }

  /** The API server has it no more. */
  remove(): void {
    this.#context.statuses.forget(uidOf(this.#state.pod));
    this.#apply(podRemoved);
  }

  /** The runtime's view of the pod changed. */
  observe(): void {
    this.#apply((state) => state);
  }

  /** Ends the pod as Failed, for the node's own reasons. */
  end(reason: EndReason & { readonly grace_s?: number }): void {
    this.#apply((state) => endedByNode(state, reason));
  }

  /** What volumes show may have changed. */
  refreshVolumes(): void {
    if (this.#state.volumes.step === "ready" && this.#state.stage === "running") this.#volumes.refresh(() => this.#state.pod);
  }

  /** Lets go of the pod; its containers run on. Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#starts.abort();
    this.#timer?.cancel();
    this.#probes.close();
    this.#publisher.close();
    this.#volumes.close();
    await Promise.allSettled([...this.#running]);
  }

  #apply(change: (state: PodState) => PodState): void {
    this.#state = change(this.#state);
    this.#step();
  }

  #step(): void {
    if (this.#closed.signal.aborted || this.#isGone) return;
    const { clock, view } = this.#context;
    const runtime = view.get(uidOf(this.#state.pod));
    if (runtime !== this.#state.runtime) this.#state = runtimeObserved(this.#state, runtime);
    const decision = decide(this.#state, clock.now_ms());
    this.#state = decision.state;
    if (this.#state.stage !== "running" && !this.#starts.signal.aborted) this.#starts.abort();
    if (this.#state.cleanup !== "done" && !isReplacing(this.#state)) this.#publisher.publish(this.#state, { isPassing: isPassing(this.#state) });
    for (const action of decision.actions) this.#do(action);
    this.#timer?.cancel();
    this.#timer = decision.wakeAt_ms === undefined ? undefined : clock.after(Math.max(0, decision.wakeAt_ms - clock.now_ms()), () => this.#step());
    this.#followProbes();
    this.#collectGarbage();
    this.#finish();
  }

  #do(action: Action): void {
    switch (action.type) {
      case "event":
        return this.#event(action.event);
      case "prepare":
        return this.#background(this.#prepare());
      case "create-sandbox":
        this.#askAhead();
        return this.#background(createSandbox(this.#context, this.#state.pod, action.attempt).then((result) => this.#apply((state) => sandboxTaskEnded(state, result))));
      case "stop-sandbox":
        return this.#background(stopSandbox(this.#context, this.#state.pod, action.id).then((result) => this.#apply((state) => sandboxTaskEnded(state, result))));
      case "start-container":
        return this.#background(this.#startContainer(action));
      case "stop-container":
        return this.#background(this.#stopContainer(action));
      case "resize":
        return this.#background(this.#resize(action));
      case "remove-containers":
        return this.#background(this.#removeAll(action.ids));
      case "clean-up":
        return this.#background(this.#cleanUp());
      default:
        action satisfies never;
    }
  }

  #background(task: Promise<void>): void {
    const tracked = task
      .catch((error) => {
        if (!this.#closed.signal.aborted) this.#context.logger.error({ err: error, pod: uidOf(this.#state.pod) }, "a pod's task failed");
      })
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  #event(event: EventText): void {
    this.#context.recorder.event(this.#state.pod, event);
  }

  async #prepare(): Promise<void> {
    const result = await this.#volumes.prepare(this.#state.pod);
    this.#apply((state) => prepareEnded(state, result));
  }

  /** While the sandbox is made, the runtime can look for the image of what starts first. */
  #askAhead(): void {
    const [first] = allContainers(this.#state.pod);
    if (first !== undefined) this.#imageAhead = { name: first.container.name, status: imageAhead(this.#context, first.container) };
  }

  async #startContainer(action: ActionOf<"start-container">): Promise<void> {
    const { name, attempt } = action;
    // What follows may step the machine: not before this step is over.
    await null;
    const entry = findContainer(this.#state.pod, name);
    const sandbox = currentSandbox(this.#state.runtime);
    if (entry === undefined || sandbox?.id !== action.sandboxId) return this.#startEnded(name, { type: "aborted" });
    const { pod, runtime } = this.#state;
    const image = this.#imageAhead?.name === name ? this.#imageAhead.status : undefined;
    this.#imageAhead = undefined;
    const outcome = await startContainer(this.#context, {
      pod,
      entry,
      attempt,
      sandbox,
      runtime,
      image,
      signal: this.#starts.signal,
      onStep: (step, id) => this.#apply((state) => startMovedOn(state, name, step, id)),
    });
    this.#startEnded(name, outcome);
  }

  #startEnded(name: string, outcome: Awaited<ReturnType<typeof startContainer>>): void {
    const { clock, random, view } = this.#context;
    if (this.#closed.signal.aborted) return;
    if (outcome.type === "failed") this.#publisher.flush(this.#state);
    this.#state = runtimeObserved(this.#state, view.get(uidOf(this.#state.pod)));
    this.#state = startEnded(this.#state, name, outcome, clock.now_ms(), random.next());
    if (outcome.type === "started" && outcome.record?.state === "exited") this.#publisher.publishRunning(this.#state, outcome.record);
    this.#step();
  }

  async #stopContainer(action: ActionOf<"stop-container">): Promise<void> {
    const { pod, runtime } = this.#state;
    const record = runtime.containers.find((candidate) => candidate.id === action.id);
    try {
      await killContainer(this.#context, {
        pod,
        entry: findContainer(pod, action.name),
        id: action.id,
        sandboxId: record?.sandboxId ?? "",
        podIp: this.#podIp(),
        grace_s: action.grace_s,
        message: action.message,
        mayStop: (left_ms) => this.#turnOf(action.after, left_ms),
        signal: this.#closed.signal,
      });
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      this.#context.logger.warn({ error: String(error), container: action.id }, "a container could not be stopped; trying again");
      await this.#context.clock.sleep(RETRY_MS, this.#closed.signal);
    }
    this.#apply((state) => stopEnded(state, action.id));
  }

  async #resize({ from, containers }: ActionOf<"resize">): Promise<void> {
    const to = this.#state.pod;
    const result = await resizePod(this.#context, { from, to, containers });
    if (result.error !== undefined && result.error !== this.#state.resize.error) this.#event({ type: "Warning", reason: "ResizeError", message: `Pod resize error: ${resizeSummary(to, result.error)}` });
    this.#apply((state) => resizeWritten(state, result, this.#context.clock.now_ms()));
  }

  /** Each removal is shown at once; when all are gone they start anew. */
  async #removeAll(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#persist("a container could not be removed", () => removeContainer(this.#context, id));
    this.#apply((state) => allRemoved(state, this.#context.clock.now_ms()));
  }

  /** Waits until none of these containers runs any more, at most `left_ms`. */
  async #turnOf(names: readonly string[], left_ms: number): Promise<void> {
    const { clock } = this.#context;
    const until_ms = clock.monotonic_ms() + left_ms;
    const areRunning = () => this.#state.runtime.containers.some((record) => record.state === "running" && names.includes(record.name));
    while (areRunning() && clock.monotonic_ms() < until_ms && !this.#closed.signal.aborted) await this.#nextChange(until_ms - clock.monotonic_ms());
  }

  #changes: (() => void)[] = [];

  #nextChange(limit_ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#context.clock.after(limit_ms, resolve);
      this.#changes.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #podIp(): string {
    const ips = isHostNetwork(this.#state.pod) ? this.#context.nodeIps : (currentSandbox(this.#state.runtime)?.ips ?? []);
    return ips[0] ?? "";
  }

  async #cleanUp(): Promise<void> {
    const { pod } = this.#state;
    this.#volumes.close();
    await this.#persist("a pod is over, but its volumes could not be taken down", () => releaseVolumes(this.#context, pod));
    this.#publisher.publishFinal(this.#state);
    const written = this.#state.isRemoved ? Promise.resolve(true) : this.#context.statuses.drained(pod);
    await this.#persist("a pod is over, but its containers could not be removed", () => removeFromRuntime(this.#context, pod, this.#context.view.get(uidOf(pod))));
    await written;
    this.#context.imageBackoffs.forget(uidOf(pod));
    this.#apply(cleanedUp);
  }

  /** Tries until it works or the agent stops. */
  async #persist(problem: string, task: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#context;
    for (let delay_ms = RETRY_MS; ; delay_ms = Math.min(delay_ms * 2, 30_000)) {
      try {
        return await task();
      } catch (error) {
        if (this.#closed.signal.aborted) throw error;
        logger.warn({ error: String(error), pod: uidOf(this.#state.pod) }, `${problem}; trying again`);
      }
      await clock.sleep(delay_ms, this.#closed.signal);
    }
  }

  /** Once nothing is left on the node, the API server may forget a pod that was deleted; once it has, we do. */
  #finish(): void {
    for (const wake of this.#changes.splice(0)) wake();
    const { pod, cleanup, isRemoved } = this.#state;
    if (cleanup !== "done") return;
    if (isRemoved) {
      this.#isGone = true;
      this.#background(removeLogs(this.#context, pod));
      this.#context.statuses.forget(uidOf(pod));
      void this.close();
      this.#onGone();
      return;
    }
    if (pod.metadata.deletionTimestamp === undefined || this.#isConfirming) return;
    this.#isConfirming = true;
    this.#background(
      this.#persist("a pod is over, but its deletion could not be confirmed", async () => {
        const { namespace, name = "" } = pod.metadata;
        await this.#context.client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid: uidOf(pod) } }).catch((error) => {
          const code = (error as { status?: { code?: number } }).status?.code;
          if (code !== 404 && code !== 409) throw error;
        });
      }),
    );
  }

  #followProbes(): void {
    const { pod, runtime, stage, probes } = this.#state;
    if (stage === "stopped") return this.#probes.close();
    const starting = new Set([...this.#state.containers.values()].map((memory) => memory.starting?.id));
    const entries = new Map(allContainers(pod).map((entry) => [entry.container.name, entry]));
    const containers: ProbedContainer[] = [];
    for (const record of runtime.containers) {
      const entry = entries.get(record.name);
      if (entry === undefined || entry.kind === "ephemeral" || record.state !== "running" || starting.has(record.id)) continue;
      const target = { pod, container: entry.container, containerId: record.id, podIp: this.#podIp() };
      const isEnding = stage !== "running" || this.#state.stops.has(record.id);
      containers.push({ entry, startedAt_ms: record.startedAt_ms, target, results: probes.get(record.id) ?? {}, isEnding });
    }
    this.#probes.update(containers);
  }

  #collectGarbage(): void {
    if (this.#state.stage !== "running") return;
    const { containers, sandboxes } = garbageOf(this.#state.runtime);
    for (const id of containers) this.#removeOnce(id, () => removeContainer(this.#context, id));
    for (const id of sandboxes) {
      this.#removeOnce(id, async () => {
        await this.#context.cri.runtime.RemovePodSandbox({ podSandboxId: id });
        this.#context.view.drop(id);
      });
    }
  }

  #removeOnce(id: string, remove: () => Promise<void>): void {
    if (this.#removing.has(id)) return;
    this.#removing.add(id);
    this.#background(remove().finally(() => this.#removing.delete(id)));
  }
}
