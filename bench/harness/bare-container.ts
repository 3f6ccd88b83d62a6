import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { busyboxFiles } from "../../runtime-shim/image/busybox.ts";
import type { LabHost } from "../../e2e/harness/network-lab.ts";
import { run, runOk } from "../../e2e/harness/run.ts";

const CNI = JSON.stringify({ cniVersion: "0.4.0", name: "floor", type: "bridge", bridge: "floor0", isGateway: true, ipam: { type: "host-local", ranges: [[{ subnet: "10.200.0.0/24" }]] } });

/** The floor of a pod's start: a namespace with the bare bridge plugin's address, and the bare runtime's `run` of the same root filesystem. */
export interface BareContainers {
  /** Milliseconds of one start, the network and the container apart. The container is removed again. */
  start(index: number): Promise<{ network_ms: number; run_ms: number }>;
}

/** Writes a busybox root filesystem and a bundle around it below `dir`. */
export async function prepareBareContainers(host: LabHost, dir: string, runtime: string): Promise<BareContainers> {
  const rootfs = join(dir, "floor", "rootfs");
  mkdirSync(rootfs, { recursive: true });
  for (const file of await busyboxFiles(systemClock)) {
    const path = join(rootfs, file.path);
    if (file.type === "directory") mkdirSync(path, { recursive: true, mode: file.mode ?? 0o755 });
    else if (file.type === "symlink") await runOk(undefined, ["ln", "-sf", file.linkPath ?? "", path]);
    else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, file.content ?? "", { mode: file.mode ?? 0o644 });
    }
  }
  await runOk(undefined, ["sh", "-c", `cd ${join(dir, "floor")} && ${runtime} spec`]);
  const spec = JSON.parse(await runOk(undefined, ["cat", join(dir, "floor", "config.json")]));
  return {
    async start(index) {
      const namespace = `bfloor-${process.pid}-${index}`;
      const id = `bfloor-${process.pid}-${index}`;
      const netns = `/run/netns/${namespace}`;
      const env = { CNI_COMMAND: "ADD", CNI_CONTAINERID: id, CNI_NETNS: netns, CNI_IFNAME: "eth0", CNI_PATH: "/usr/lib/cni" };
      spec.process.args = ["sleep", "1000"];
      spec.process.terminal = false;
      spec.linux.namespaces = spec.linux.namespaces.map((one: { type: string }) => (one.type === "network" ? { type: "network", path: netns } : one));
      writeFileSync(join(dir, "floor", "config.json"), JSON.stringify(spec));
      const begin = performance.now();
      await runOk(undefined, ["ip", "netns", "add", namespace]);
      await runOk(host, ["/usr/lib/cni/bridge"], { env, input: CNI });
      const networked = performance.now();
      // Output goes to a file: a detached container keeps inherited pipes open.
      await runOk(host, ["sh", "-c", `exec ${runtime} run -d --bundle ${join(dir, "floor")} ${id} >${join(dir, "floor", "out")} 2>&1 </dev/null`]);
      const running = performance.now();
      await run(host, [runtime, "delete", "-f", id]);
      await run(host, ["/usr/lib/cni/bridge"], { env: { ...env, CNI_COMMAND: "DEL" }, input: CNI });
      await run(undefined, ["ip", "netns", "del", namespace]);
      return { network_ms: networked - begin, run_ms: running - networked };
    },
  };
}
