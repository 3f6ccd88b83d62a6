import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { buildImageArchive } from "../../runtime-shim/image/build.ts";
import { busyboxFiles } from "../../runtime-shim/image/busybox.ts";
import { importImage } from "../../runtime-shim/shim.ts";
import type { Progress } from "../output/progress.ts";
import { UserError } from "../user-error.ts";
import { CHECKOUT, layoutOf } from "./layout.ts";

const NAME = "localhost/hello:1";

/** Writes the page and serves it until it is told to end: a shell as the first process ends on SIGTERM only if it says so. */
const SERVE = `#!/bin/sh
mkdir -p /www
cat >/www/index.html <<PAGE
<!doctype html>
<title>Berth</title>
<h1>Hello from Berth</h1>
<p>Pod <b>\${POD_NAME:-unknown}</b> on node <b>\${NODE_NAME:-unknown}</b>
PAGE
trap 'exit 0' TERM
httpd -f -p 80 -h /www &
wait
`;

/** Builds hello's image from the machine's busybox (kept in the checkout's build folder) and imports it, where it is missing. */
export async function ensureHelloImage(dataDir: string, progress: Progress): Promise<void> {
  const archive = await helloArchive(progress);
  await progress.step(`importing ${NAME}`, () => importImage(layoutOf(dataDir).shimEndpoint, archive)).catch((error: Error) => {
    throw new UserError(`cannot import ${NAME}: ${error.message}`);
  });
}

/** Path of the archive; made anew when busybox or the page changed. */
async function helloArchive(progress: Progress): Promise<string> {
  const folder = join(CHECKOUT, "build");
  const busybox = existsSync("/bin/busybox") ? readFileSync("/bin/busybox") : Buffer.alloc(0);
  const path = join(folder, `hello-${createHash("sha256").update(busybox).update(SERVE).digest("hex").slice(0, 16)}.tar`);
  if (existsSync(path)) return path;
  return progress.step(`building ${NAME}`, async () => {
    const base = await busyboxFiles(systemClock).catch((error: Error) => {
      throw new UserError(error.message);
    });
    const serve = { path: "usr/bin/hello", content: Buffer.from(SERVE), mode: 0o755 };
    const bytes = buildImageArchive({ name: NAME, arch: process.arch, layers: [base, [serve]], cmd: ["/usr/bin/hello"] });
    mkdirSync(folder, { recursive: true });
    for (const old of readdirSync(folder)) if (/^hello-[0-9a-f]{16}\.tar$/.test(old)) rmSync(join(folder, old));
    writeFileSync(`${path}.new`, bytes);
    renameSync(`${path}.new`, path);
    return path;
  });
}
