import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import type { Message } from "../../cri/vocabulary.ts";
import { CriError, messageOf } from "../errors.ts";
import type { FailpointName } from "../failpoint.ts";
import { readJson, writeFileAtomic } from "../os/files.ts";
import { Cni, type Attachment } from "./cni.ts";
import { bridgeConf, loadNetworkConf, type NetworkConf } from "./cni-conf.ts";
import { parsePodCidrs, rejectRange, removeBridge, unrejectRange } from "./pod-range.ts";

export interface NetworkOptions {
  readonly confDir: string | undefined;
  readonly binDir: string;
  readonly bridge: string;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly failpoint: (name: FailpointName) => void;
}

/** How sandboxes get their network: the administrator's CNI configuration, else our own bridge over the pod range. */
export class Network {
  readonly #options: NetworkOptions;
  readonly #cni: Cni;
  readonly #rangeFile: string;
  #podCidrs: string[];
  /** Ranges of before that pods may still have addresses of: rejected as well until none has. */
  #former: string[];

  constructor(options: NetworkOptions) {
    this.#options = options;
    mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
    this.#cni = new Cni(options);
    this.#rangeFile = join(options.stateDir, "pod-range.json");
    const stored = readJson(this.#rangeFile) as { podCidrs?: string[]; former?: string[] } | undefined;
    this.#podCidrs = stored?.podCidrs ?? [];
    this.#former = stored?.former ?? [];
  }

  /** The range of an earlier run is rejected again: a restart of the machine forgets routes. */
  async start(): Promise<void> {
    if (this.#options.bridge.length > 15) throw new Error(`bridge name ${this.#options.bridge} is longer than 15 characters`);
    await this.#applyRanges();
  }

  /** Takes the node's pod range (`spec.podCIDR`, or two of them with a comma). */
  async setPodRange(podCidr: string): Promise<void> {
    const wanted = parsePodCidrs(podCidr);
    if (wanted.length === 0 || wanted.join() === this.#podCidrs.join()) return;
    this.#former = [...new Set([...this.#former, ...this.#podCidrs])].filter((cidr) => !wanted.includes(cidr));
    this.#podCidrs = wanted;
    this.#saveRanges();
    this.#options.failpoint("network.range.recorded");
    await this.#applyRanges();
    this.#options.failpoint("network.range.rejected");
  }

  /** Rejects all ranges; forgets the former ones, and the bridge that has an address of them, once no pod is attached. */
  async #applyRanges(): Promise<void> {
    const { clock, bridge } = this.#options;
    for (const cidr of [...this.#podCidrs, ...this.#former]) await rejectRange(cidr, clock);
    if (this.#former.length === 0 || this.#cni.attached().length > 0) return;
    await removeBridge(bridge, clock);
    for (const cidr of this.#former) await unrejectRange(cidr, clock);
    this.#former = [];
    this.#saveRanges();
  }

  #saveRanges(): void {
    writeFileAtomic(this.#rangeFile, JSON.stringify({ podCidrs: this.#podCidrs, former: this.#former }), { sync: true });
  }

  /** Why sandboxes can't have a network yet, or undefined when they can. */
  problem(): string | undefined {
    if (this.#conf(false) !== undefined) return undefined;
    const directory = this.#options.confDir;
    return `no network: ${directory === undefined ? "" : `${directory} has no CNI configuration and `}no pod range was given by UpdateRuntimeConfig`;
  }

  /** Attaches a sandbox; returns its addresses. */
  async attach(attachment: Attachment): Promise<string[]> {
    const conf = this.#conf(attachment.portMappings.length > 0);
    if (conf === undefined) throw new CriError("FAILED_PRECONDITION", this.problem() ?? "no network");
    try {
      return await this.#cni.add(conf, attachment);
    } catch (error) {
      throw new CriError("UNKNOWN", `cannot attach the sandbox to network ${conf.name}: ${messageOf(error)}`);
    }
  }

  /** Detaches a sandbox; idempotent. */
  detach(sandboxId: string): Promise<void> {
    return this.#cni.del(sandboxId);
  }

  /** Detaches what belongs to no living sandbox and frees its addresses. Returns how many there were. */
  async sweep(isLive: (sandboxId: string) => boolean): Promise<number> {
    const dead = this.#cni.attached().filter((id) => !isLive(id));
    for (const id of dead) await this.#cni.del(id);
    return dead.length + this.#sweepLeases(isLive);
  }

  /** Removes routes and bridge: for when no sandbox is left and none will come. */
  async purge(): Promise<void> {
    for (const cidr of [...this.#podCidrs, ...this.#former]) await unrejectRange(cidr, this.#options.clock);
    await removeBridge(this.#options.bridge, this.#options.clock);
  }

  #conf(hostPorts: boolean): NetworkConf | undefined {
    const { confDir, bridge } = this.#options;
    const given = confDir === undefined ? undefined : loadNetworkConf(confDir);
    if (given !== undefined) return given;
    if (this.#podCidrs.length === 0) return undefined;
    return bridgeConf({ bridge, podCidrs: this.#podCidrs, leaseDir: this.#leaseDir(), hostPorts });
  }

  #leaseDir(): string {
    return join(this.#options.stateDir, "leases");
  }

  /** host-local keeps a file per address whose first line is the sandbox: one killed in the middle of ADD leaves it behind. */
  #sweepLeases(isLive: (sandboxId: string) => boolean): number {
    const directory = join(this.#leaseDir(), "berth");
    let freed = 0;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) {
      if (!/^[0-9a-f.:]+$/.test(name)) continue;
      const owner = readFileSync(join(directory, name), "utf8").split(/\s/)[0] ?? "";
      if (isLive(owner)) continue;
      rmSync(join(directory, name), { force: true });
      freed++;
    }
    return freed;
  }
}

/** What plugins are told of a sandbox. */
export function attachmentOf(sandboxId: string, namespace: string, config: Message<"PodSandboxConfig">): Attachment {
  return {
    sandboxId,
    namespace,
    podName: config.metadata?.name ?? "",
    podNamespace: config.metadata?.namespace ?? "",
    podUid: config.metadata?.uid ?? "",
    portMappings: config.portMappings
      .filter((mapping) => mapping.hostPort > 0)
      .map(({ hostPort, containerPort, protocol, hostIp }) => ({ hostPort, containerPort, protocol: protocol.toLowerCase(), hostIP: hostIp })),
  };
}
