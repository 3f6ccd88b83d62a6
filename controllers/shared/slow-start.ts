/**
 * Calls `work` `count` times in batches that double from `initial` as long as all of a batch succeed, so that a hopeless operation is not
 * tried hundreds of times. Returns how many succeeded and the first error.
 */
export async function slowStart(count: number, initial: number, work: (index: number) => Promise<void>): Promise<{ succeeded: number; error?: unknown }> {
  let succeeded = 0;
  let started = 0;
  for (let size = Math.min(count, initial); size > 0; size = Math.min(2 * size, count - started)) {
    const batch = Array.from({ length: size }, (_, offset) => work(started + offset));
    started += size;
    const results = await Promise.allSettled(batch);
    const failed = results.find((result) => result.status === "rejected");
    succeeded += results.filter((result) => result.status === "fulfilled").length;
    if (failed !== undefined) return { succeeded, error: failed.reason };
  }
  return { succeeded };
}
