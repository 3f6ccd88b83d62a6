import { readFileSync } from "node:fs";
import type { Clock } from "../../lib/clock.ts";
import { findProgram } from "../oci/runtimes.ts";
import { run } from "../os/processes.ts";
import type { TarInput } from "./tar-writer.ts";

/**
 * The files of a minimal root filesystem around the machine's static busybox: /bin with a link for each of its tools, the directories
 * that programs expect, root and nobody. Rejects with what to install when busybox is missing or needs libraries.
 */
export async function busyboxFiles(clock: Clock): Promise<TarInput[]> {
  let path: string;
  try {
    path = findProgram("busybox");
  } catch {
    throw new Error("busybox is not installed: apt-get install busybox-static");
  }
  const binary = readFileSync(path);
  if (binary.includes("/lib64/ld-linux") || binary.includes("/lib/ld-linux")) throw new Error(`${path} needs shared libraries: apt-get install busybox-static`);
  const { stdout } = await run(path, ["--list"], { clock, timeout_ms: 10_000 });
  const tools = [...new Set(stdout.toString().split("\n").filter((tool) => /^[a-z0-9[_.-]+$/.test(tool) && tool !== "busybox"))].sort();
  const text = (name: string, content: string): TarInput => ({ path: name, content: Buffer.from(content) });
  return [
    ...["bin", "dev", "etc", "home", "proc", "root", "run", "sys", "usr", "usr/bin", "var"].map((directory): TarInput => ({ path: directory, type: "directory" })),
    { path: "tmp", type: "directory", mode: 0o1777 },
    { path: "bin/busybox", content: binary, mode: 0o755 },
    ...tools.map((tool): TarInput => ({ path: `bin/${tool}`, type: "symlink", linkPath: "busybox" })),
    text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"),
    text("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
  ];
}
