import { posix } from "node:path";
import type { Pod } from "../../api/wire.ts";
import { allContainers } from "../pod/spec.ts";

/** Where containers mount something else inside this volume: paths below its top, those inside of one another left out. */
export function nestedMountPoints(pod: Pod, volume: string): string[] {
  const found: string[] = [];
  for (const { container } of allContainers(pod)) {
    const mounts = (container.volumeMounts ?? []).map(({ name, mountPath }) => ({ name, path: posix.normalize(mountPath).replace(/\/$/, "") }));
    for (const { path: top } of mounts.filter(({ name }) => name === volume)) {
      const inside = mounts.map(({ path }) => path).filter((path) => path.startsWith(`${top}/`));
      found.push(...inside.filter((path) => !inside.some((other) => path.startsWith(`${other}/`))).map((path) => path.slice(top.length + 1)));
    }
  }
  return [...new Set(found)];
}
