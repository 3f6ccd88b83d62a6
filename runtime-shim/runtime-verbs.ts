import type { Init, Message } from "../cri/vocabulary.ts";
import type { ShimContext } from "./context.ts";

const RUNTIME_NAME = "berth";
const CRI_VERSION = "v1";

export async function version(context: ShimContext): Promise<Init<"VersionResponse">> {
  return { version: "0.1.0", runtimeName: RUNTIME_NAME, runtimeVersion: context.version, runtimeApiVersion: CRI_VERSION };
}

export async function status(context: ShimContext, request: Message<"StatusRequest">): Promise<Init<"StatusResponse">> {
  const problem = context.network.problem();
  const recursiveReadOnlyMounts = context.runtime.mountOptions.includes("rro");
  const features = { recursiveReadOnlyMounts, userNamespaces: false };
  return {
    status: {
      conditions: [
        { type: "RuntimeReady", status: true },
        { type: "NetworkReady", status: problem === undefined, ...(problem === undefined ? {} : { reason: "NetworkPluginNotReady", message: problem }) },
      ],
    },
    runtimeHandlers: ["", context.runtime.name].map((name) => ({ name, features })),
    features: { supplementalGroupsPolicy: true },
    info: request.verbose ? { config: JSON.stringify({ dataDir: context.paths.dataDir, runtime: context.runtime, cgroupVersion: context.cgroups.version }) } : {},
  };
}

/** The cgroup driver that callers must use for the parents that they name. */
export async function runtimeConfig(): Promise<Init<"RuntimeConfigResponse">> {
  return { linux: { cgroupDriver: "CGROUPFS" } };
}

/** The node's pod range, as the kubelet hands it on. */
export async function updateRuntimeConfig(context: ShimContext, request: Message<"UpdateRuntimeConfigRequest">): Promise<Init<"UpdateRuntimeConfigResponse">> {
  const podCidr = request.runtimeConfig?.networkConfig?.podCidr ?? "";
  if (podCidr !== "") await context.locks.run("network", () => context.network.setPodRange(podCidr));
  return {};
}
