import { readdirSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { readIfExists } from "./files.ts";
import { checked, libc } from "./libc.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

/**
 * Makes this process the parent of its descendants whose parents end (commands run in containers, monitors), and collects their exit
 * codes. Node collects those of its own children by pid and leaves these alone. One per process, on its main thread.
 */
export class Reaper {
  readonly #waiting = new Map<number, (exitCode: number | undefined) => void>();
  /** Zombies that nobody waited for at the last sweep. */
  #strays = new Set<number>();
  readonly #onSignal = () => this.#collect();

  constructor() {
    if (!isMainThread) throw new Error("the runtime shim must run on its process' main thread");
    checked(libc().prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n), "prctl", "PR_SET_CHILD_SUBREAPER");
    process.on("SIGCHLD", this.#onSignal);
  }

  /** The exit code of an adopted process (128 + signal when killed) once it ends; undefined when it is not ours. */
  wait(pid: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      const result = collect(pid);
      if (result === "running") this.#waiting.set(pid, resolve);
      else resolve(result === "not ours" ? undefined : result);
    });
  }

  /** Collects zombies that have been there since the last sweep: what Node or `wait` knows of is gone by then. */
  sweep(): void {
    const zombies = new Set(zombieChildren().filter((pid) => !this.#waiting.has(pid)));
    for (const pid of zombies) if (this.#strays.has(pid)) collect(pid);
    this.#strays = zombies;
  }

  close(): void {
    process.off("SIGCHLD", this.#onSignal);
  }

  #collect(): void {
    for (const [pid, resolve] of this.#waiting) {
      const result = collect(pid);
      if (result === "running") continue;
      this.#waiting.delete(pid);
      resolve(result === "not ours" ? undefined : result);
    }
  }
}

function collect(pid: number): number | "running" | "not ours" {
  const status = Buffer.alloc(4);
  const result = libc().waitpid(pid, status, WNOHANG);
  if (result === 0) return "running";
  if (result < 0) return "not ours";
  const code = status.readInt32LE();
  return (code & 0x7f) === 0 ? (code >> 8) & 0xff : 128 + (code & 0x7f);
}

function zombieChildren(): number[] {
  const children = readdirSync("/proc/self/task").flatMap((task) => (readIfExists(`/proc/self/task/${task}/children`) ?? "").split(" ").filter(Boolean).map(Number));
  return children.filter((pid) => /^\d+ \(.*\) Z /s.test(readIfExists(`/proc/${pid}/stat`) ?? ""));
}
