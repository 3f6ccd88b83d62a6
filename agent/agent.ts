import { mkdir, readFile } from "node:fs/promises";
import { detectHierarchy, noCgroups, podCgroups } from "./cgroup/hierarchy.ts";
import { createCriClient } from "./cri/channel.ts";
import type { CriClient } from "./cri/cri-client.ts";
import { keepLease } from "./node/lease-keeper.ts";
import { readMachine } from "./node/machine.ts";
import { NodeAssembly } from "./node-assembly.ts";
import { type Agent, type AgentOptions, DEFAULTS } from "./options.ts";
import { type ClusterDns, parseResolvConf } from "./pod/config/dns.ts";
import { nodePaths } from "./pod/paths.ts";
import { keepHouse } from "./sync/housekeeping.ts";
import { systemCommands } from "./system/commands.ts";
import { type Mounter, systemMounter } from "./system/mounts.ts";

const RUNTIME_RETRY_MS = 500;
/** What was recorded in the last moments is still told, if the API server answers. */
const FLUSH_MS = 2_000;

/** What tests put in the place of the machine's own. */
export interface AgentParts {
  readonly cri?: CriClient;
  readonly mounter?: Mounter;
  /** Cgroups are left alone. */
  readonly withoutCgroups?: boolean;
}

/** A node agent; nothing happens before `run`. */
export function createAgent(options: AgentOptions, parts: AgentParts = {}): Agent {
  return new NodeAgent(options, parts);
}

export type { Agent, AgentOptions };

class NodeAgent implements Agent {
  readonly #options: AgentOptions;
  readonly #parts: AgentParts;
  #assembly: NodeAssembly | undefined;

  constructor(options: AgentOptions, parts: AgentParts) {
    this.#options = options;
    this.#parts = parts;
  }

  get port(): number {
    return this.#assembly?.server.port ?? this.#options.port ?? DEFAULTS.port;
  }

  async run(signal: AbortSignal): Promise<void> {
    const cri = this.#parts.cri ?? createCriClient(this.#options.criEndpoint, this.#options.clock);
    try {
      const assembly = await this.#assemble(cri, signal);
      this.#assembly = assembly;
      await assembly.server.listen();
      this.#options.logger.info({ port: this.port, node: this.#options.nodeName }, "the agent serves the node's API");
      await this.#runAll(assembly, signal);
    } finally {
      cri.close();
    }
  }

  async #assemble(cri: CriClient, signal: AbortSignal): Promise<NodeAssembly> {
    const paths = nodePaths(this.#options.dataDir);
    for (const folder of [paths.root, paths.pods, paths.logs]) await mkdir(folder, { recursive: true, mode: 0o755 });
    const mounter = this.#parts.mounter ?? systemMounter(systemCommands);
    await this.#mountSecrets(paths.secrets, mounter);
    const cgroups = this.#parts.withoutCgroups ? noCgroups : podCgroups(await detectHierarchy());
    return new NodeAssembly(this.#options, { machine: await readMachine(paths.root), cri, mounter, cgroups, dns: await this.#clusterDns() }, signal);
  }

  async #runAll(assembly: NodeAssembly, signal: AbortSignal): Promise<void> {
    const { client, nodeName, clock, logger, containerLogMaxSize_bytes = DEFAULTS.logMaxSize_bytes, containerLogMaxFiles = DEFAULTS.logMaxFiles } = this.#options;
    const { monitor, registration, pods, services, watcher, manager, context } = assembly;
    const tasks = [monitor.run(signal), registration.run(signal), registration.registered.then(() => keepLease({ client, nodeName, clock, logger }, signal)), pods.run(signal), services.run(signal)];
    try {
      await this.#firstLook(assembly, signal);
      tasks.push(watcher.run(signal), watcher.runRelists(signal));
      await pods.whenSynced(signal);
      manager.start();
      tasks.push(keepHouse({ context, workers: () => manager.workers(), logMaxSize_bytes: containerLogMaxSize_bytes, logMaxFiles: containerLogMaxFiles }, signal));
      await aborted(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await manager.close();
      await this.#within(FLUSH_MS, context.recorder.flush());
      assembly.objects.close();
      assembly.statuses.close();
      await assembly.server.close();
      await Promise.all(tasks);
    }
  }

  async #within(limit_ms: number, work: Promise<void>): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(limit_ms, over.resolve);
    await Promise.race([work, over.promise]);
    timer.cancel();
  }

  /** Secrets are kept in memory; where a tmpfs cannot be mounted, in a folder that only root can read. */
  async #mountSecrets(folder: string, mounter: Mounter): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if ((await mounter.below(folder)).includes(folder)) return;
    await mounter.tmpfs(folder, { mode: "0755" }).catch((error) => this.#options.logger.warn({ error: String(error) }, "no tmpfs for secrets: they are kept on disk"));
  }

  async #clusterDns(): Promise<ClusterDns> {
    const { resolvConfPath = DEFAULTS.resolvConfPath, clusterDns = DEFAULTS.clusterDns, clusterDomain = DEFAULTS.clusterDomain } = this.#options;
    return { servers: clusterDns, domain: clusterDomain, node: parseResolvConf(await readFile(resolvConfPath, "utf8").catch(() => "")) };
  }

  /** Learns what runs already: nothing is started or stopped before that. */
  async #firstLook({ watcher }: NodeAssembly, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await watcher.relist(signal);
      } catch (error) {
        if (failures % 20 === 0 && !signal.aborted) this.#options.logger.warn({ error: String(error), endpoint: this.#options.criEndpoint }, "waiting for the container runtime");
        await this.#options.clock.sleep(RUNTIME_RETRY_MS, signal).catch(() => {});
      }
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
