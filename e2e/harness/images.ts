import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { buildImageArchive } from "../../runtime-shim/image/build.ts";
import { busyboxFiles } from "../../runtime-shim/image/busybox.ts";
import type { TestCluster } from "./cluster.ts";

/** busybox with a shell and all applets. */
export const BUSYBOX = "localhost/busybox:1";
/** Serve a page that says `version 1` (or 2) on port 8080. */
export const WEB_1 = "localhost/web:1";
export const WEB_2 = "localhost/web:2";

const WEB_SCRIPT = (version: number) => `#!/bin/sh
mkdir -p /www
echo "version ${version} on $HOSTNAME" > /www/index.html
trap 'exit 0' TERM
httpd -f -p 8080 -h /www &
wait
`;

/** Builds the test images and imports them on every node of the cluster. */
export async function importTestImages(cluster: TestCluster): Promise<void> {
  const base = await busyboxFiles(systemClock);
  const web = (version: number) => [{ path: "usr/bin/web", content: Buffer.from(WEB_SCRIPT(version)), mode: 0o755 }];
  const images = [
    { name: BUSYBOX, layers: [base], cmd: ["sh"] },
    { name: WEB_1, layers: [base, web(1)], cmd: ["/usr/bin/web"] },
    { name: WEB_2, layers: [base, web(2)], cmd: ["/usr/bin/web"] },
  ];
  for (const [index, image] of images.entries()) {
    const path = join(cluster.dir, `image-${index}.tar`);
    writeFileSync(path, buildImageArchive({ ...image, arch: process.arch }));
    await cluster.importImage(path);
  }
}
