import { dlopen } from "node:ffi";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Gives memory that is not used back to the kernel: a collection of garbage, then the C library's free lists. Tens of milliseconds;
 * for after large work, since a process that then only waits would keep its buffers for ever.
 */
export function reclaimMemory(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  setFlagsFromString("--no-expose-gc");
  try {
    const { functions } = dlopen(null, { malloc_trim: { arguments: ["u64"], return: "i32" } });
    functions.malloc_trim(0n);
  } catch {
    // only GNU's C library has it
  }
}
