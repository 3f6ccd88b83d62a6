import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TempDir {
  readonly path: string;
  [Symbol.dispose](): void;
}

/** A folder that is gone when its scope ends. */
export function tempDir(): TempDir {
  const path = mkdtempSync(join(tmpdir(), "berth-store-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
