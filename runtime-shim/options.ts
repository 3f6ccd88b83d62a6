import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";
import type { FailpointName } from "./failpoint.ts";

/** What a shim is given. Paths are absolute; one data directory belongs to one shim at a time. */
export interface ShimOptions {
  /** `unix:///run/berth/shim.sock`: where CRI v1 is served. A stale socket file is replaced. */
  readonly listen: string;
  /** Images, layers, sandboxes, containers, leases: what survives a restart of the machine or the shim. */
  readonly dataDir: string;
  /** Namespaces, exit files, the OCI runtime's state: default `dataDir/run`. */
  readonly runDir?: string;
  /** Network configurations of the machine's administrator; where it has none, the pod range makes a bridge of our own. */
  readonly cniConfDir?: string;
  /** Default `/usr/lib/cni`. */
  readonly cniBinDir?: string;
  /** Our own bridge, when it is used: default `berth0`, at most 15 characters. */
  readonly bridgeName?: string;
  /** Address that exec, attach and port-forward streams are served on: default `127.0.0.1`. */
  readonly streamingAddress?: string;
  /** OCI runtime, name or path; by default crun where it works on this machine, else runc. */
  readonly ociRuntime?: string;
  /** Name or path, default `conmon`. */
  readonly conmon?: string;
  /** Bytes that one image may unpack to: default 32 GiB. */
  readonly imageSizeLimit_bytes?: number;
  /** Version that the Version verb answers. */
  readonly version?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** HTTP client of image pulls; default the global fetch. */
  readonly fetch?: typeof fetch;
  /** Called at each named step; a test kills the process there. */
  readonly failpoint?: (name: FailpointName) => void;
}

/** A CRI v1 runtime on a unix socket. */
export interface Shim {
  /** Repairs what an earlier run left half done, then serves. Rejects with a clear message when the machine lacks a part. */
  start(): Promise<void>;
  /** Stops serving; containers go on running and the next start finds them. */
  close(): Promise<void>;
}

/** What `purgeRuntime` is given: the same places as the shim was. */
export interface PurgeOptions {
  readonly dataDir: string;
  readonly runDir?: string;
  readonly cniConfDir?: string;
  readonly cniBinDir?: string;
  readonly bridgeName?: string;
  /** Also removes images and the data directory itself. */
  readonly removeData: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}
