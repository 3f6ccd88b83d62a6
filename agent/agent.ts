import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pods, services } from "../api/resources.ts";
import { createEventRecorder } from "../client/event-recorder.ts";
import { createInformer } from "../client/shared-informer.ts";
import type { Message } from "../cri/vocabulary.ts";
import { detectHierarchy, noCgroups, podCgroups } from "./cgroup/hierarchy.ts";
import { createCriClient } from "./cri/channel.ts";
import type { CriClient } from "./cri/cri-client.ts";
import { lastWords } from "./log/last-words.ts";
import { keepLease } from "./node/lease-keeper.ts";
import { type Machine, readMachine } from "./node/machine.ts";
import { allocatableOf, type NodeFacts, nodeLabels } from "./node/node-object.ts";
import { NodeRegistration } from "./node/registration.ts";
import { RuntimeMonitor } from "./node/runtime-monitor.ts";
import type { Agent, AgentOptions } from "./options.ts";
import { type ClusterDns, parseResolvConf } from "./pod/config/dns.ts";
import { CONTAINER_NAME, MESSAGE_POLICY, RESTART_COUNT } from "./pod/config/labels.ts";
import { ImageBackoffs } from "./pod/image-backoffs.ts";
import type { NodeContext } from "./pod/node-context.ts";
import { containerLogName, nodePaths, terminationLogPath } from "./pod/paths.ts";
import { createProber } from "./probe/prober.ts";
import { NodeServer, type ServedPod } from "./server/node-server.ts";
import { StatusWriter } from "./status/writer.ts";
import { refusal, SAFE_SYSCTLS } from "./sync/admission.ts";
import { keepHouse } from "./sync/housekeeping.ts";
import { PodManager } from "./sync/pod-manager.ts";
import type { PodIdentity } from "./sync/runtime-records.ts";
import { RuntimeView } from "./sync/runtime-view.ts";
import { RuntimeWatcher } from "./sync/runtime-watcher.ts";
import { type Commands, systemCommands } from "./system/commands.ts";
import { type Mounter, systemMounter } from "./system/mounts.ts";
import { ObjectCache } from "./volume/object-cache.ts";
import { TokenManager } from "./volume/tokens.ts";
import { VolumeManager } from "./volume/volume-manager.ts";

const DEFAULTS = {
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

const RUNTIME_RETRY_MS = 500;

/** What tests put in the place of the machine's own. */
export interface AgentParts {
  readonly cri?: CriClient;
  readonly commands?: Commands;
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
  #server: NodeServer | undefined;

  constructor(options: AgentOptions, parts: AgentParts) {
    this.#options = options;
    this.#parts = parts;
  }

  get port(): number {
    return this.#server?.port ?? this.#options.port ?? DEFAULTS.port;
  }

  async run(signal: AbortSignal): Promise<void> {
    const cri = this.#parts.cri ?? createCriClient(this.#options.criEndpoint, this.#options.clock);
    try {
      await this.#run(cri, signal);
    } finally {
      cri.close();
    }
  }

  async #run(cri: CriClient, signal: AbortSignal): Promise<void> {
    const { client, clock, random, logger, nodeName } = this.#options;
    const common = { client, clock, random, logger };
    const paths = nodePaths(this.#options.dataDir);
    for (const folder of [paths.root, paths.pods, paths.logs, paths.seccomp]) await mkdir(folder, { recursive: true, mode: 0o755 });
    const machine = await readMachine(paths.root);
    const mounter = this.#parts.mounter ?? systemMounter(this.#parts.commands ?? systemCommands);
    await this.#mountSecrets(paths.secrets, mounter);

    const podInformer = createInformer({ ...common, resource: pods, fieldSelector: `spec.nodeName=${nodeName}` });
    const serviceInformer = createInformer({ ...common, resource: services });
    const view = new RuntimeView((uid) => manager.observe(uid));
    const monitor = new RuntimeMonitor({ cri, clock, logger, onChange: () => registration.report() });
    const watcher = new RuntimeWatcher({
      cri,
      view,
      nodeName,
      clock,
      random,
      logger,
      lastWords: (identity, status) => this.#lastWords(identity, status),
      reportUser: () => monitor.facts.supportsGroupsPolicy,
    });
    const objects = new ObjectCache(common, (uids) => {
      for (const uid of uids) manager.worker(uid)?.refreshVolumes();
    });
    const facts = (): NodeFacts => this.#facts(machine);
    const references: NodeContext["references"] = {
      configMap: (namespace, name) => objects.configMap(namespace, name),
      secret: (namespace, name) => objects.secret(namespace, name),
      services: async () => {
        await serviceInformer.whenSynced(signal);
        return serviceInformer.list();
      },
      volumeFile: (pod, volume, path) => volumes.readFile(pod, volume, path),
    };
    const allocatable = allocatableOf(facts());
    const volumes = new VolumeManager({ paths, mounter, source: references, objects, tokens: new TokenManager(client, clock), allocatable: () => allocatable, clock });
    const statuses = new StatusWriter(common);
    const recorder = createEventRecorder({ ...common, component: "kubelet", host: nodeName });
    const dns = await this.#clusterDns();
    const context: NodeContext = {
      ...common,
      nodeName,
      nodeIps: [this.#options.nodeIp],
      paths,
      cgroupRoot: this.#options.cgroupRoot ?? DEFAULTS.cgroupRoot,
      cri,
      view,
      watcher,
      volumes,
      references,
      mounter,
      cgroups: this.#parts.withoutCgroups ? noCgroups : podCgroups(await detectHierarchy()),
      imageBackoffs: new ImageBackoffs(),
      prober: createProber({ cri, clock, userAgent: "kube-probe/1.36" }),
      statuses,
      recorder,
      dns: () => dns,
      allocatable: () => allocatable,
      memory_bytes: machine.memory_bytes,
      runtimeName: () => monitor.facts.name,
      networkProblem: () => monitor.networkProblem,
      nodeHosts: () => readFile("/etc/hosts", "utf8").catch(() => ""),
    };
    const labels = () => registration.node?.metadata.labels ?? nodeLabels(facts());
    const manager = new PodManager({
      context,
      informer: podInformer,
      admit: (pod, others) =>
        refusal(pod, { name: nodeName, labels: labels(), allocatable, allowedSysctls: SAFE_SYSCTLS, supportsStrictGroups: monitor.facts.supportsGroupsPolicy }, others),
    });
    const registration = new NodeRegistration({
      ...common,
      facts,
      runtime: () => monitor.facts,
      isRuntimeKnown: () => monitor.isKnown,
      onNode: (node) => monitor.setPodCidr(node.spec?.podCIDRs?.join(",") ?? node.spec?.podCIDR ?? ""),
    });

    const server = new NodeServer({
      serving: this.#options.serving,
      listenAddress: this.#options.listenAddress,
      port: this.#options.port ?? DEFAULTS.port,
      nodeName,
      cri,
      paths,
      find: (namespace, name) => served(manager.find(namespace, name)?.state),
      all: function* () {
        for (const worker of manager.workers()) yield worker.state;
      },
      clock,
      logger,
    });
    this.#server = server;
    await server.listen();
    logger.info({ port: server.port, node: nodeName }, "the agent serves the node's API");

    const tasks = [monitor.run(signal), registration.run(signal), keepLease({ client, nodeName, clock, logger }, signal), podInformer.run(signal), serviceInformer.run(signal)];
    try {
      await this.#firstLook(watcher, signal);
      tasks.push(watcher.run(signal), watcher.runRelists(signal));
      await podInformer.whenSynced(signal);
      manager.start();
      const { containerLogMaxSize_bytes = DEFAULTS.logMaxSize_bytes, containerLogMaxFiles = DEFAULTS.logMaxFiles } = this.#options;
      tasks.push(keepHouse({ context, workers: () => manager.workers(), logMaxSize_bytes: containerLogMaxSize_bytes, logMaxFiles: containerLogMaxFiles }, signal));
      await aborted(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await manager.close();
      objects.close();
      statuses.close();
      await server.close();
      await Promise.all(tasks);
    }
  }

  #facts(machine: Machine): NodeFacts {
    const { nodeName, nodeIp, maxPods = DEFAULTS.maxPods, nodeLabels: labels = {}, version = DEFAULTS.version } = this.#options;
    return { name: nodeName, addresses: [nodeIp], machine, maxPods, labels, port: this.port, version };
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
  async #firstLook(watcher: RuntimeWatcher, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await watcher.relist(signal);
      } catch (error) {
        if (failures % 20 === 0 && !signal.aborted) this.#options.logger.warn({ error: String(error), endpoint: this.#options.criEndpoint }, "waiting for the container runtime");
        await this.#options.clock.sleep(RUNTIME_RETRY_MS, signal).catch(() => {});
      }
    }
  }

  #lastWords(identity: PodIdentity, status: Message<"ContainerStatus">): Promise<string> {
    const paths = nodePaths(this.#options.dataDir);
    const name = status.labels[CONTAINER_NAME] ?? "";
    const attempt = Number(status.annotations[RESTART_COUNT] ?? 0);
    return lastWords({
      messageFile: terminationLogPath(paths, identity.uid, name, attempt),
      logFile: join(paths.logs, `${identity.namespace}_${identity.name}_${identity.uid}`, containerLogName(name, attempt)),
      mayUseLog: status.annotations[MESSAGE_POLICY] === "FallbackToLogsOnError" && status.exitCode !== 0,
    });
  }
}

function served(state: ServedPod | undefined): ServedPod | undefined {
  return state;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
