import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pods, services } from "../api/resources.ts";
import type { Pod, Service } from "../api/wire.ts";
import { createEventRecorder } from "../client/event-recorder.ts";
import type { Informer } from "../client/informer.ts";
import { createInformer } from "../client/shared-informer.ts";
import type { Message } from "../cri/vocabulary.ts";
import type { PodCgroups } from "./cgroup/hierarchy.ts";
import type { CriClient } from "./cri/cri-client.ts";
import { lastWords } from "./log/last-words.ts";
import type { Machine } from "./node/machine.ts";
import { allocatableOf, type NodeFacts, nodeLabels } from "./node/node-object.ts";
import { NodeRegistration } from "./node/registration.ts";
import { RuntimeMonitor } from "./node/runtime-monitor.ts";
import { type AgentOptions, DEFAULTS } from "./options.ts";
import type { ClusterDns } from "./pod/config/dns.ts";
import type { ReferenceSource } from "./pod/config/environment.ts";
import { CONTAINER_NAME, MESSAGE_POLICY, RESTART_COUNT } from "./pod/config/labels.ts";
import { ImageBackoffs } from "./pod/image-backoffs.ts";
import type { NodeContext } from "./pod/node-context.ts";
import { containerLogName, type NodePaths, nodePaths, terminationLogPath } from "./pod/paths.ts";
import { uidOf } from "./pod/spec.ts";
import { createProber } from "./probe/prober.ts";
import { NodeServer } from "./server/node-server.ts";
import { StatusWriter } from "./status/writer.ts";
import { type AdmissionNode, refusal, resizeRefusal, SAFE_SYSCTLS } from "./sync/admission.ts";
import { PodManager } from "./sync/pod-manager.ts";
import type { PodIdentity } from "./sync/runtime-records.ts";
import { RuntimeView } from "./sync/runtime-view.ts";
import { RuntimeWatcher } from "./sync/runtime-watcher.ts";
import type { Mounter } from "./system/mounts.ts";
import { ObjectCache } from "./volume/object-cache.ts";
import { TokenManager } from "./volume/tokens.ts";
import { VolumeManager } from "./volume/volume-manager.ts";

/** What the machine gives. */
export interface NodeMachine {
  readonly machine: Machine;
  readonly cri: CriClient;
  readonly mounter: Mounter;
  readonly cgroups: PodCgroups;
  readonly dns: ClusterDns;
}

/** All parts of an agent, made and joined; nothing runs yet. */
export class NodeAssembly {
  readonly view: RuntimeView;
  readonly monitor: RuntimeMonitor;
  readonly watcher: RuntimeWatcher;
  readonly pods: Informer<Pod>;
  readonly services: Informer<Service>;
  readonly objects: ObjectCache;
  readonly statuses: StatusWriter;
  readonly context: NodeContext;
  readonly manager: PodManager;
  readonly registration: NodeRegistration;
  readonly server: NodeServer;
  readonly #options: AgentOptions;
  readonly #node: NodeMachine;
  readonly #paths: NodePaths;
  readonly #allocatable: Record<string, string>;

  constructor(options: AgentOptions, node: NodeMachine, signal: AbortSignal) {
    this.#options = options;
    this.#node = node;
    this.#paths = nodePaths(options.dataDir);
    const common = commonOf(options);
    const { clock, logger, nodeName } = options;
    const { cri } = node;
    this.view = new RuntimeView((uid) => this.manager.observe(uid));
    this.monitor = new RuntimeMonitor({ cri, clock, logger, onChange: () => this.registration.report() });
    this.watcher = this.#makeWatcher();
    this.pods = createInformer({ ...common, resource: pods, fieldSelector: `spec.nodeName=${nodeName}` });
    this.services = createInformer({ ...common, resource: services });
    this.objects = new ObjectCache(common, (uids) => {
      for (const uid of uids) this.manager.worker(uid)?.refreshVolumes();
    });
    this.statuses = new StatusWriter(common);
    this.server = this.#makeServer();
    this.#allocatable = allocatableOf(this.#facts());
    this.context = this.#makeContext(signal);
    this.manager = this.#makeManager();
    this.registration = new NodeRegistration({
      ...common,
      facts: () => this.#facts(),
      runtime: () => this.monitor.facts,
      isRuntimeKnown: () => this.monitor.isKnown,
      onNode: (object) => this.monitor.setPodCidr(object.spec?.podCIDRs?.join(",") ?? object.spec?.podCIDR ?? ""),
    });
  }

  #facts(): NodeFacts {
    const { nodeName, nodeIp, maxPods = DEFAULTS.maxPods, nodeLabels: labels = {}, version = DEFAULTS.version } = this.#options;
    return { name: nodeName, addresses: [nodeIp], machine: this.#node.machine, maxPods, labels, port: this.server.port, version };
  }

  #makeWatcher(): RuntimeWatcher {
    const { clock, random, logger, nodeName } = this.#options;
    return new RuntimeWatcher({
      cri: this.#node.cri,
      view: this.view,
      nodeName,
      clock,
      random,
      logger,
      lastWords: (identity, status) => this.#lastWords(identity, status),
      reportUser: () => this.monitor.facts.supportsGroupsPolicy,
    });
  }

  #lastWords(identity: PodIdentity, status: Message<"ContainerStatus">): Promise<string> {
    const name = status.labels[CONTAINER_NAME] ?? "";
    const attempt = Number(status.annotations[RESTART_COUNT] ?? 0);
    return lastWords({
      messageFile: terminationLogPath(this.#paths, identity.uid, name, attempt),
      logFile: join(this.#paths.logs, `${identity.namespace}_${identity.name}_${identity.uid}`, containerLogName(name, attempt)),
      mayUseLog: status.annotations[MESSAGE_POLICY] === "FallbackToLogsOnError" && status.exitCode !== 0,
    });
  }

  #makeContext(signal: AbortSignal): NodeContext {
    const { cri, mounter, cgroups, dns, machine } = this.#node;
    const { client, clock, nodeName, nodeIp, cgroupRoot = DEFAULTS.cgroupRoot } = this.#options;
    const references: ReferenceSource = {
      configMap: (namespace, name) => this.objects.configMap(namespace, name),
      secret: (namespace, name) => this.objects.secret(namespace, name),
      services: async () => {
        await this.services.whenSynced(signal);
        return this.services.list();
      },
      volumeFile: (pod, volume, path) => volumes.readFile(pod, volume, path),
    };
    const allocatable = () => this.#allocatable;
    const volumes = new VolumeManager({ paths: this.#paths, mounter, source: references, objects: this.objects, tokens: new TokenManager(client, clock), allocatable, clock });
    return {
      ...commonOf(this.#options),
      nodeName,
      nodeIps: [nodeIp],
      paths: this.#paths,
      cgroupRoot,
      cri,
      view: this.view,
      watcher: this.watcher,
      volumes,
      references,
      mounter,
      cgroups,
      imageBackoffs: new ImageBackoffs(),
      prober: createProber({ cri, clock, userAgent: "kube-probe/1.36" }),
      statuses: this.statuses,
      recorder: createEventRecorder({ ...commonOf(this.#options), component: "kubelet", host: nodeName }),
      dns: () => dns,
      allocatable,
      memory_bytes: machine.memory_bytes,
      runtimeName: () => this.monitor.facts.name,
      canMountRecursivelyReadOnly: () => this.monitor.facts.handlers.find((handler) => handler.name === "")?.features?.recursiveReadOnlyMounts ?? false,
      networkProblem: () => this.monitor.networkProblem,
      refuseResize: (pod) => resizeRefusal(pod, this.#admissionNode(), this.manager.neighbours(uidOf(pod))),
      nodeHosts: () => readFile("/etc/hosts", "utf8").catch(() => ""),
    };
  }

  #makeManager(): PodManager {
    return new PodManager({ context: this.context, informer: this.pods, admit: (pod, others) => refusal(pod, this.#admissionNode(), others) });
  }

  #admissionNode(): AdmissionNode {
    return {
      name: this.#options.nodeName,
      labels: this.registration.node?.metadata.labels ?? nodeLabels(this.#facts()),
      taints: this.registration.node?.spec?.taints ?? [],
      allocatable: this.#allocatable,
      allowedSysctls: SAFE_SYSCTLS,
      supportsStrictGroups: this.monitor.facts.supportsGroupsPolicy,
      hasAppArmor: this.#node.machine.hasAppArmor,
    };
  }

  #makeServer(): NodeServer {
    const { serving, listenAddress, port = DEFAULTS.port, nodeName, nodeIp, clock, logger } = this.#options;
    return new NodeServer({
      serving,
      listenAddress,
      port,
      nodeName,
      nodeIp,
      cri: this.#node.cri,
      paths: this.#paths,
      find: (namespace, name) => {
        const worker = this.manager.find(namespace, name);
        return worker === undefined ? undefined : { pod: worker.podAsTold, runtime: worker.state.runtime };
      },
      all: () => [...this.manager.workers()].map((worker) => worker.state),
      clock,
      logger,
    });
  }
}

function commonOf({ client, clock, random, logger }: AgentOptions): Pick<AgentOptions, "client" | "clock" | "random" | "logger"> {
  return { client, clock, random, logger };
}
