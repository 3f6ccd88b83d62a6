import { join } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { buildImageArchive } from "../../runtime-shim/image/build.ts";
import type { TestCluster } from "./cluster.ts";

/** busybox with a shell and all applets. */
export const BUSYBOX = "localhost/busybox:1";
/** Serve a page that says `version 1` (or 2) on port 8080. */
export const WEB_1 = "localhost/web:1";
export const WEB_2 = "localhost/web:2";

const BUSYBOX_PATH = "/bin/busybox";
const WEB_SCRIPT = (version: number) => `#!/bin/sh
mkdir -p /www
echo "version ${version} on $POD_NAME" > /www/index.html
trap 'exit 0' TERM
httpd -f -p 8080 -h /www &
wait
`;

/** Builds the test images and imports them on every node of the cluster. */
export async function importTestImages(cluster: TestCluster): Promise<void> {
  const images = [
    { name: BUSYBOX, script: undefined },
    { name: WEB_1, script: WEB_SCRIPT(1) },
    { name: WEB_2, script: WEB_SCRIPT(2) },
  ];
  for (const [index, image] of images.entries()) {
    const path = join(cluster.dir, `image-${index}.tar`);
    await buildImageArchive({
      path,
      name: image.name,
      busybox: BUSYBOX_PATH,
      files: image.script === undefined ? [] : [{ path: "/usr/bin/web", content: image.script, mode: 0o755 }],
      config: { Cmd: image.script === undefined ? ["sh"] : ["/usr/bin/web"], Env: ["PATH=/bin:/usr/bin"] },
      clock: systemClock,
    });
    await cluster.importImage(path);
  }
}
