import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Loads all that the CLI can load, so that NODE_COMPILE_CACHE has its types stripped and its code compiled: commands that must do it themselves take
 * two seconds more. Processes that run for long have plain JavaScript instead (strip-types.ts).
 */
const root = join(import.meta.dirname, "..");
const entries = ["cli/commands/*.ts", "cli/verbs/*.ts", "cli/daemon/*.ts"];
for (const path of globSync(entries, { cwd: root })) if (!path.endsWith(".test.ts")) await import(pathToFileURL(join(root, path)).href);
// Something may have been started at its import; the cache is written at the exit.
process.exit(0);
