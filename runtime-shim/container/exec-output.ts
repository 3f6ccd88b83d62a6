import type { Readable } from "node:stream";
import type { ShimContext } from "../context.ts";

/** What a command leaves behind may hold its output open for ever: it is not waited for longer. */
const DRAIN_MS = 500;

/** Resolves when both outputs of a command that has ended are read to their ends, or a little later. */
export async function outputEnds(context: ShimContext, exec: { readonly stdout: Readable; readonly stderr: Readable }): Promise<void> {
  const drained = new AbortController();
  await Promise.race([allClosed([exec.stdout, exec.stderr]), context.clock.sleep(DRAIN_MS, drained.signal).catch(() => {})]);
  drained.abort();
}

/**
 * The same for outputs that a client reads at its own pace: resolves at `ends`, or once nothing has come for a while although the client has taken all that did. A
 * slow client gets all of it.
 */
export async function outputDelivered(context: ShimContext, outputs: readonly Readable[], isBlocked: () => boolean, ends: Promise<void> = allClosed(outputs)): Promise<void> {
  let moved = false;
  let over = false;
  const note = () => {
    moved = true;
  };
  for (const output of outputs) output.on("data", note);
  const ended = ends.then(() => {
    over = true;
  });
  const drained = new AbortController();
  do {
    moved = false;
    await Promise.race([ended, context.clock.sleep(DRAIN_MS, drained.signal).catch(() => {})]);
  } while (!over && (moved || isBlocked()));
  for (const output of outputs) output.off("data", note);
  drained.abort();
}

async function allClosed(outputs: readonly Readable[]): Promise<void> {
  await Promise.all(outputs.map((stream) => (stream.readableEnded || stream.destroyed ? undefined : new Promise<void>((resolve) => void stream.once("close", () => resolve())))));
}
