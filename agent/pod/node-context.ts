import type { Pod } from "../../api/wire.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { Random } from "../../lib/random.ts";
import type { PodCgroups } from "../cgroup/hierarchy.ts";
import type { CriClient } from "../cri/cri-client.ts";
import type { Prober } from "../probe/prober.ts";
import type { StatusWriter } from "../status/writer.ts";
import type { RuntimeView } from "../sync/runtime-view.ts";
import type { RuntimeWatcher } from "../sync/runtime-watcher.ts";
import type { Mounter } from "../system/mounts.ts";
import type { VolumeManager } from "../volume/volume-manager.ts";
import type { ClusterDns } from "./config/dns.ts";
import type { ReferenceSource } from "./config/environment.ts";
import type { NodeAllocatable } from "./config/resource-field.ts";
import type { ImageBackoffs } from "./image-backoffs.ts";
import type { NodePaths } from "./paths.ts";
import type { ResizeRefusal } from "./resize.ts";

/** What the pods of one node share. */
export interface NodeContext {
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly paths: NodePaths;
  readonly cgroupRoot: string;
  readonly client: Client;
  readonly cri: CriClient;
  readonly view: RuntimeView;
  readonly watcher: RuntimeWatcher;
  readonly volumes: VolumeManager;
  readonly references: ReferenceSource;
  readonly mounter: Mounter;
  readonly cgroups: PodCgroups;
  readonly imageBackoffs: ImageBackoffs;
  readonly prober: Prober;
  readonly statuses: Pick<StatusWriter, "set" | "drained" | "forget" | "observe">;
  readonly recorder: EventRecorder;
  readonly dns: () => ClusterDns;
  readonly allocatable: () => NodeAllocatable;
  readonly memory_bytes: number;
  /** `containerd`, `berth`. */
  readonly runtimeName: () => string;
  /** Whether a read-only mount can be so with all that is mounted below it. */
  readonly canMountRecursivelyReadOnly: () => boolean;
  /** Why pods have no network yet; undefined when they have. */
  readonly networkProblem: () => string | undefined;
  /** Text of the node's own /etc/hosts. */
  readonly nodeHosts: () => Promise<string>;
  /** Why a pod that runs here cannot have the resources that it has now in its spec; undefined: there is room. */
  readonly refuseResize: (pod: Pod) => (ResizeRefusal & { readonly word: string }) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}
