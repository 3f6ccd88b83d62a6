import type { Client } from "../client/client.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";

/** Everything an agent needs from outside. One data directory belongs to one agent at a time. */
export interface AgentOptions {
  /** As `system:node:NAME`. Closed by whoever made it. */
  readonly client: Client;
  /** `unix:///run/berth/shim.sock`, or containerd's. */
  readonly criEndpoint: string;
  readonly nodeName: string;
  /** The Node's InternalIP, where the API server reaches `port`. */
  readonly nodeIp: string;
  /** Volumes and logs of pods; a tmpfs for secrets is mounted inside. Absolute. */
  readonly dataDir: string;
  /** PEM. `clientCa` signs the certificates that callers of the node's API must show. */
  readonly serving: { readonly certificate: string; readonly key: string; readonly clientCa: string };
  /** Of the HTTPS server; 10250 where absent, 0 for any free one. */
  readonly port?: number;
  /** Address to listen on; all where absent. */
  readonly listenAddress?: string;
  /** Cgroup below which pods live; `/berth` where absent. */
  readonly cgroupRoot?: string;
  /** Most pods on this node; 110 where absent. */
  readonly maxPods?: number;
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Nameservers of pods with dnsPolicy ClusterFirst; `10.96.0.10` where absent. */
  readonly clusterDns?: readonly string[];
  /** `cluster.local` where absent. */
  readonly clusterDomain?: string;
  /** The node's own resolver configuration; `/etc/resolv.conf` where absent. */
  readonly resolvConfPath?: string;
  /** A log file is rotated past this; 10 MiB where absent. */
  readonly containerLogMaxSize_bytes?: number;
  /** Files kept of each container's log, the current one included; 5 where absent. */
  readonly containerLogMaxFiles?: number;
  /** `kubeletVersion` of the Node; where absent a semver of Kubernetes 1.36. */
  readonly version?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What is assumed where an option is absent. */
export const DEFAULTS = {
  port: 10_250,
  cgroupRoot: "/berth",
  maxPods: 110,
  clusterDns: ["10.96.0.10"],
  clusterDomain: "cluster.local",
  resolvConfPath: "/etc/resolv.conf",
  logMaxSize_bytes: 10 * 1024 * 1024,
  logMaxFiles: 5,
  version: "v1.36.0+berth.0.1.0",
} as const;

/** A node agent. */
export interface Agent {
  /**
   * Adopts what runs, serves the node's API, registers the Node and runs its pods until `signal` aborts. Containers go on running then.
   * Rejects when the machine lacks a part (data directory, port); an API server or runtime that is away is waited for.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Port of the HTTPS server, known once `run` has begun to serve. */
  readonly port: number;
}
