import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Loads all that the processes and the CLI can load, so that NODE_COMPILE_CACHE has their types stripped and their code compiled. A process that
 * must do it itself needs 30 MiB more for as long as it runs (Node keeps its TypeScript compiler), and two seconds more to start.
 */
const root = join(import.meta.dirname, "..");
const entries = ["cli/processes/*.ts", "cli/commands/*.ts", "cli/verbs/*.ts", "cli/daemon/*.ts", "store/*/*-store.ts", "runtime-shim/image/verbs.ts"];
const workers = ["store/embedded/worker.ts", "runtime-shim/image/unpack-worker.ts", "runtime-shim/os/packet-reader-worker.ts"];
const load = (path: string) => import(pathToFileURL(join(root, path)).href);
for (const path of globSync(entries, { cwd: root })) if (!path.endsWith(".test.ts")) await load(path);
// Compiled like the others; they stop where they look for the thread that started them.
for (const path of workers) await load(path).catch(() => undefined);
// Something may have been started at its import; the cache is written at the exit.
process.exit(0);
