import type { Init } from "../../cri/vocabulary.ts";
import type { TestShim } from "./start-shim.ts";

let counter = 0;

/** A sandbox's configuration as a kubelet sends it, with a name of its own. */
export function sandboxConfig(shim: TestShim, extra: Init<"PodSandboxConfig"> = {}): Init<"PodSandboxConfig"> {
  const name = `pod-${counter++}`;
  return {
    metadata: { name, namespace: "default", uid: `uid-${name}`, attempt: 0 },
    hostname: name,
    logDirectory: `${shim.dataDir}/logs/${name}`,
    dnsConfig: { servers: ["10.96.0.10"], searches: ["default.svc.cluster.local"], options: ["ndots:5"] },
    ...extra,
    linux: { cgroupParent: `${shim.cgroupParent}/${name}`, securityContext: { namespaceOptions: { pid: "CONTAINER" } }, ...extra.linux },
  };
}

export async function runSandbox(shim: TestShim, extra: Init<"PodSandboxConfig"> = {}): Promise<string> {
  const { podSandboxId } = await shim.client.call("RunPodSandbox", { config: sandboxConfig(shim, extra) });
  return podSandboxId;
}

/** A container's configuration that runs `script` in sh. */
export function containerConfig(shim: TestShim, script: string, extra: Init<"ContainerConfig"> = {}): Init<"ContainerConfig"> {
  const name = `container-${counter++}`;
  return {
    metadata: { name, attempt: 0 },
    image: { image: shim.image },
    command: ["/bin/sh", "-c", script],
    logPath: `${name}.log`,
    ...extra,
    linux: { ...extra.linux, securityContext: { namespaceOptions: { pid: "CONTAINER" }, seccomp: { profileType: "RuntimeDefault" }, ...extra.linux?.securityContext } },
  };
}

/** Creates and starts a container in a sandbox. */
export async function runContainer(shim: TestShim, podSandboxId: string, script: string, extra: Init<"ContainerConfig"> = {}): Promise<string> {
  const { containerId } = await shim.client.call("CreateContainer", { podSandboxId, config: containerConfig(shim, script, extra), sandboxConfig: {} });
  await shim.client.call("StartContainer", { containerId });
  return containerId;
}

/** Runs a command in a container; output as text. */
export async function execText(shim: TestShim, containerId: string, ...cmd: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await shim.client.call("ExecSync", { containerId, cmd, timeout: 20 });
  if (exitCode !== 0) throw new Error(`${cmd.join(" ")} ended with ${exitCode}: ${Buffer.from(stderr).toString()}`);
  return Buffer.from(stdout).toString().trim();
}

/** Resolves with the container's status once it has ended; waits on the shim's event stream. */
export async function whenExited(shim: TestShim, containerId: string) {
  const events = shim.client.stream("GetContainerEvents", {});
  events.on("error", () => {});
  try {
    for (;;) {
      const { status } = await shim.client.call("ContainerStatus", { containerId });
      if (status?.state === "CONTAINER_EXITED") return status;
      await new Promise<void>((resolve, reject) => {
        events.once("data", () => resolve());
        events.once("end", () => reject(new Error("the event stream ended")));
      });
    }
  } finally {
    events.cancel();
  }
}
