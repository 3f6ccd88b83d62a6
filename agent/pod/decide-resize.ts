import type { Draft } from "./draft.ts";
import { memoryOf, type PodState } from "./pod-state.ts";
import { noResize, resizedContainers, resizeSummary } from "./resize.ts";
import { newestOf } from "./runtime-state.ts";

/** What a resize that was granted needs next; when all has come true it is said, and over. */
export function decideResize(draft: Draft): void {
  const { resize, pod } = draft.state;
  if (resize.step === "due" && resize.from !== undefined && draft.isDue(resize.retryAt_ms)) {
    draft.act({ type: "resize", from: resize.from, containers: inPlace(draft.state) });
    draft.change({ resize: { ...resize, step: "busy" } });
    return;
  }
  if (resize.step !== "restarts" || [...resize.restarts].some(([name, id]) => !hasSuccessor(draft.state, name, id))) return;
  draft.act({ type: "event", event: { type: "Normal", reason: "ResizeCompleted", message: `Pod resize completed: ${resizeSummary(pod)}` } });
  draft.change({ resize: { ...noResize, wanted: resize.wanted, refusal: resize.refusal } });
}

/** Running containers whose limits change as they run. */
function inPlace({ resize, pod, runtime }: PodState): { name: string; id: string }[] {
  return resizedContainers(resize.from ?? pod, pod).flatMap(({ name, restarts }) => {
    const record = newestOf(runtime, name);
    return restarts || record?.state !== "running" ? [] : [{ name, id: record.id }];
  });
}

function hasSuccessor({ runtime }: PodState, name: string, id: string): boolean {
  const record = newestOf(runtime, name);
  return record !== undefined && record.id !== id && record.state === "running";
}

/** Whether this container has gone, or has to go, so that another takes its place. */
export function isReplaced(state: PodState, name: string, id: string | undefined): boolean {
  return id !== undefined && (memoryOf(state, name).replaced === id || mustRestartForResize(state, name, id));
}

/** Whether this container has to go, or has gone, so that one with other resources takes its place. */
export function mustRestartForResize(state: PodState, name: string, id: string | undefined): boolean {
  return id !== undefined && state.resize.step === "restarts" && state.resize.restarts.get(name) === id;
}
