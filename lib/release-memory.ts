import { readFileSync } from "node:fs";

const signatures = {
  malloc_trim: { arguments: ["u64"], return: "i32" },
  madvise: { arguments: ["u64", "u64", "i32"], return: "i32" },
} as const;

const MADV_DONTNEED = 4;

type Memory = ReturnType<typeof open>;
let loaded: Memory | undefined;

/** Not imported: a Node that was built without it could not start at all. */
function open() {
  const ffi = process.getBuiltinModule("node:ffi");
  if (ffi === undefined) throw new Error("this Node has no node:ffi");
  return ffi.dlopen(null, signatures).functions;
}

/** Collects all garbage (where Node runs with --expose-gc, as bin/berth starts it) and gives the C library's free memory back to the kernel. Stops the process for as long as it takes. @throws Error where Node or the C library has no such thing */
export function releaseHeap(): void {
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
  loaded ??= open();
  loaded.malloc_trim(0n);
}

/** Takes the pages of the executable and its libraries out of this process, as far as they are as in their files: they stay in the page cache, and what runs brings its own back. @throws Error as above, or without /proc */
export function releaseCode(): void {
  loaded ??= open();
  for (const { start, end } of unchangedMappings(readFileSync("/proc/self/smaps", "latin1"))) loaded.madvise(start, end - start, MADV_DONTNEED);
}

interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
}

/** Mappings of files, not writable, of which no page differs from its file (the dynamic linker wrote to some before it protected them). `smaps`: see proc_pid_smaps(5). */
export function unchangedMappings(smaps: string): Mapping[] {
  const found: Mapping[] = [];
  let mapping: Mapping | undefined;
  for (const line of smaps.split("\n")) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ (\d+) +(\/.*)?$/.exec(line);
    if (head !== null) {
      const [, start, end, access, inode, path] = head;
      const isCode = (access === "r-xp" || access === "r--p") && inode !== "0" && path !== undefined;
      mapping = isCode ? { start: BigInt(`0x${start}`), end: BigInt(`0x${end}`) } : undefined;
    } else if (mapping !== undefined && /^Anonymous: +0 kB$/.test(line)) {
      found.push(mapping);
      mapping = undefined;
    }
  }
  return found;
}
