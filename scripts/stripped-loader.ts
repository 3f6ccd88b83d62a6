import { hash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { fileURLToPath } from "node:url";

/**
 * Lets Node load the project's modules as JavaScript that lies ready beside this file, once scripts/strip-types.ts has made both. Files are named by
 * the hash of the TypeScript that they were made from, so they can never be of another state of the source. What has none is made here and kept for
 * the next process; this one then holds Node's TypeScript compiler as long as it runs (30 MiB).
 */
registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
    return { format: "module", source: stripped(readFileSync(fileURLToPath(url))), shortCircuit: true };
  },
});

function stripped(text: Buffer): string {
  const ready = join(import.meta.dirname, `${hash("sha1", text)}.js`);
  const made = read(ready);
  // Types become blanks, byte by byte. What was renamed before it was on the disk is empty after a crash of the machine.
  if (made?.length === text.length) return made.toString("utf8");
  const source = stripTypeScriptTypes(text.toString("utf8"));
  keep(ready, source);
  return source;
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Never half there: other processes may read it meanwhile. */
function keep(path: string, source: string): void {
  try {
    const unfinished = `${path}.${process.pid}.${threadId}`;
    writeFileSync(unfinished, source);
    renameSync(unfinished, path);
  } catch {
    // A folder that cannot be written to: it is made again at the next start.
  }
}
