import { backoffUntil, goDuration, nextBackoff } from "./crash-backoff.ts";
import { asksForAll } from "./decide-restart-all.ts";
import { isReplaced } from "./decide-resize.ts";
import type { Draft } from "./draft.ts";
import { comesBack, graceOf, killReason } from "./kill-reason.ts";
import { memoryOf, type PodState, withContainer, withoutFields } from "./pod-state.ts";
import { restartsAfter, shouldStart } from "./restart-policy.ts";
import { type ContainerRecord, newestOf, type SandboxRecord } from "./runtime-state.ts";
import { allContainers, fieldPathOf, podText, type SpecContainer, isSidecar } from "./spec.ts";

/** A pod is looked at again after so long whatever it waits for. */
const RESYNC_MS = 60_000;

/** Which containers to start, restart and kill in a sandbox that is up. */
export function decideStarts(draft: Draft, sandbox: SandboxRecord): void {
  const entries = allContainers(draft.state.pod);
  const candidates: SpecContainer[] = [];
  const isInitialized = decideInit(draft, sandbox, entries, candidates);
  for (const entry of entries) {
    if (entry.kind === "init" || (entry.kind === "regular" && !isInitialized)) continue;
    decideContainer(draft, entry, newestOf(draft.state.runtime, entry.container.name), candidates);
  }
  attemptInOrder(draft, sandbox, candidates);
}

function recordIn(draft: Draft, sandbox: SandboxRecord, name: string): ContainerRecord | undefined {
  return draft.state.runtime.containers.find((record) => record.name === name && record.sandboxId === sandbox.id);
}

/** Init containers run one after another, sidecars stay: true when the others may start. */
function decideInit(draft: Draft, sandbox: SandboxRecord, entries: readonly SpecContainer[], candidates: SpecContainer[]): boolean {
  const ran = (entry: SpecContainer) => recordIn(draft, sandbox, entry.container.name) !== undefined;
  const isPast = entries.some((entry) => entry.kind === "regular" && ran(entry));
  const init = entries.filter((entry) => entry.kind === "init");
  for (const [index, entry] of init.entries()) {
    const record = recordIn(draft, sandbox, entry.container.name);
    const hasLater = isPast || init.slice(index + 1).some(ran);
    const isOpen = isSidecar(entry.container) ? decideSidecar(draft, entry, record, candidates) : decideInitStep(draft, entry, record, isPast, candidates);
    if (!isOpen && !hasLater) return false;
    if (!isOpen && !isSidecar(entry.container)) return false;
  }
  return true;
}

/** True when the sidecar has started, so that the next may. */
function decideSidecar(draft: Draft, entry: SpecContainer, record: ContainerRecord | undefined, candidates: SpecContainer[]): boolean {
  decideContainer(draft, entry, record, candidates);
  if (record?.state !== "running" || memoryOf(draft.state, entry.container.name).starting !== undefined) return false;
  return entry.container.startupProbe === undefined || draft.state.probes.get(record.id)?.startup === "success";
}

/** True when this init container has ended well, or its time is past. */
function decideInitStep(draft: Draft, entry: SpecContainer, record: ContainerRecord | undefined, isPast: boolean, candidates: SpecContainer[]): boolean {
  if (isPast) return true;
  if (record?.state === "running") return false;
  if (record?.state === "exited") {
    if (asksForAll(entry.container, record)) return false;
    if (record.exitCode === 0) return true;
    if (!restartsAfter(draft.state.pod, entry, record.exitCode)) return false;
  }
  candidates.push(entry);
  return false;
}

function decideContainer(draft: Draft, entry: SpecContainer, record: ContainerRecord | undefined, candidates: SpecContainer[]): void {
  if (asksForAll(entry.container, record)) return;
  if (record?.state !== "running") {
    // A sidecar whose record is of an earlier sandbox has none in this one.
    const isWanted = record === undefined || shouldStart(draft.state.pod, entry, draft.state.runtime) || isReplaced(draft.state, entry.container.name, record.id);
    if (isWanted) candidates.push(entry);
    return;
  }
  if (memoryOf(draft.state, entry.container.name).starting !== undefined || draft.state.stops.has(record.id) || entry.kind === "ephemeral") return;
  const reason = killReason(draft.state, entry, record);
  if (reason === undefined) return;
  draft.stop(record, graceOf(draft.state, reason, draft.grace_s()), reason.message);
  if (comesBack(draft.state, entry, reason)) draft.state = withContainer(draft.state, entry.container.name, { ...memoryOf(draft.state, entry.container.name), replaced: record.id });
}

/**
 * Starts what is due: those never tried before the others, then in the spec's order. A container that was never tried waits for the
 * attempt before it to end, postStart hook included; restarts go on while another pulls its image or runs its hook.
 */
function attemptInOrder(draft: Draft, sandbox: SandboxRecord, candidates: readonly SpecContainer[]): void {
  const turn = (entry: SpecContainer) => memoryOf(draft.state, entry.container.name).attemptedAs;
  for (const entry of [...candidates].sort((a, b) => turn(a) - turn(b))) {
    const memory = memoryOf(draft.state, entry.container.name);
    if (memory.starting !== undefined || !draft.isDue(memory.nextAttemptAt_ms)) continue;
    if (mayStartBeside(draft, memory.attemptedAs > 0)) attempt(draft, sandbox, entry);
  }
}

function mayStartBeside(draft: Draft, wasTried: boolean): boolean {
  for (const { starting } of draft.state.containers.values()) if (starting !== undefined && (starting.step === "create" || !wasTried)) return false;
  return true;
}

function attempt(draft: Draft, sandbox: SandboxRecord, entry: SpecContainer): void {
  const { name } = entry.container;
  const old = memoryOf(draft.state, name);
  const attempts = draft.state.attempts + 1;
  draft.change({ attempts });
  const memory = old.reason === undefined ? withoutFields(old, "shown") : { ...old, shown: old.reason };
  const ended_ms = lastEndOf(draft.state, name);
  const until_ms = ended_ms === undefined ? 0 : backoffUntil(old.backoff, ended_ms);
  if (draft.now_ms < until_ms) return backOff(draft, entry, { ...memory, attemptedAs: attempts }, until_ms);
  const backoff = ended_ms === undefined ? {} : { backoff: nextBackoff(old.backoff, ended_ms, draft.now_ms) };
  draft.state = withContainer(draft.state, name, { ...memory, attemptedAs: attempts, starting: { step: "create", ...backoff } });
  draft.act({ type: "start-container", name, attempt: nextRestartCount(draft, entry), sandboxId: sandbox.id });
}

/** When the container last ended by itself; one that was ended to be replaced does not count, the end before it does (as with kubelet). */
function lastEndOf(state: PodState, name: string): number | undefined {
  const { replaced } = memoryOf(state, name);
  const record = state.runtime.containers.find((candidate) => candidate.name === name && candidate.id !== replaced);
  return record?.state === "exited" ? record.finishedAt_ms : undefined;
}

function backOff(draft: Draft, entry: SpecContainer, memory: ReturnType<typeof memoryOf>, until_ms: number): void {
  const { pod } = draft.state;
  const { name } = entry.container;
  const message = `Back-off restarting failed container ${name} in pod ${podText(pod)}`;
  draft.act({ type: "event", event: { type: "Warning", reason: "BackOff", message, fieldPath: fieldPathOf(entry) } });
  const reason = {
    reason: "CrashLoopBackOff",
    message: `back-off ${goDuration(memory.backoff?.delay_ms ?? 0)} restarting failed container=${name} pod=${podText(pod)}`,
  };
  const nextAttemptAt_ms = Math.min(until_ms, draft.now_ms + RESYNC_MS);
  draft.isDue(nextAttemptAt_ms);
  draft.state = withContainer(draft.state, name, { ...withoutFields(memory, "replaced"), reason, nextAttemptAt_ms });
}

/** One more than that of the last container, or what it came to when the runtime forgot it: by ourselves, or by what the API server knows. */
function nextRestartCount(draft: Draft, entry: SpecContainer): number {
  const record = newestOf(draft.state.runtime, entry.container.name);
  if (record !== undefined) return record.attempt + 1;
  const counted = draft.state.restartAll.restarts.get(entry.container.name);
  if (counted !== undefined) return counted;
  const status = draft.state.pod.status;
  const known = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])];
  const old = known.find((candidate) => candidate.name === entry.container.name);
  if (old === undefined) return 0;
  return old.containerID === undefined ? old.restartCount : old.restartCount + 1;
}
