import type { Readable } from "node:stream";
import type { ShimContext } from "../context.ts";

/** What a command leaves behind may hold its output open for ever: it is not waited for longer. */
const DRAIN_MS = 500;

/** Resolves when both outputs of a command that has ended are read to their ends, or a little later. */
export async function outputEnds(context: ShimContext, exec: { readonly stdout: Readable; readonly stderr: Readable }): Promise<void> {
  const drained = new AbortController();
  const ends = Promise.all([exec.stdout, exec.stderr].map((stream) => (stream.readableEnded || stream.destroyed ? undefined : new Promise<void>((resolve) => void stream.once("close", () => resolve())))));
  await Promise.race([ends, context.clock.sleep(DRAIN_MS, drained.signal).catch(() => {})]);
  drained.abort();
}
