import { decode, encode } from "../../cri/codec.ts";
import { imageRpcs, runtimeRpcs } from "../../cri/rpcs.ts";
import type { Init, Message, MessageName } from "../../cri/vocabulary.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { type CallOptions, type CriClient, CriError } from "../cri/cri-client.ts";
import { Broadcast } from "./event-queue.ts";

type ContainerConfig = Message<"ContainerConfig">;

/** What a container does once it is started. */
export interface Program {
  /** Ends by itself after so long, 0: before its start is even answered; absent: runs on. */
  readonly runs_ms?: number;
  readonly exitCode?: number;
  readonly reason?: string;
  /** Its answer to SIGTERM: the exit code it ends with; absent: deaf, it takes SIGKILL. */
  readonly onTerm?: number;
  /** It cannot be started. */
  readonly startError?: string;
}

interface Sandbox {
  readonly id: string;
  readonly config: Message<"PodSandboxConfig">;
  readonly createdAt: number;
  ready: boolean;
  readonly ip: string;
}

interface Container {
  readonly id: string;
  readonly sandboxId: string;
  config: ContainerConfig;
  readonly createdAt: number;
  state: Message<"ContainerStatus">["state"];
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: string;
  message: string;
  timer: Timer | undefined;
  program: Program;
  exited: (() => void)[];
}

const NS_PER_MS = 1_000_000;
const KILLED = 137;

type Handler = (request: never, options: CallOptions) => unknown;

/**
 * A container runtime in memory, for tests on virtual time: containers are programs that the test writes. It passes the same
 * conformance suite as a real one (cri/conformance), for the verbs that it has.
 */
export class FakeRuntime {
  readonly clock: Clock;
  /** What a container does; may be replaced at any time. */
  program: (config: ContainerConfig) => Program = () => ({ onTerm: 0 });
  /** What a command in a container does. */
  exec: (containerId: string, command: readonly string[]) => { readonly exitCode: number; readonly output?: string } | Promise<{ readonly exitCode: number; readonly output?: string }> = () => ({ exitCode: 0 });
  /** Called before a verb runs; throws CriError to make it fail, or waits. */
  before: (verb: string, request: unknown) => Promise<void> | void = () => {};
  /** Images that are there, by name → the user they run as. */
  readonly images = new Map<string, { readonly uid?: number; readonly username?: string }>();
  /** What a pull of this name does: resolves (the image is there then) or throws CriError. */
  pull: (image: string, signal: AbortSignal | undefined) => Promise<void> = async () => {};
  /** Every verb that was called, in order. */
  readonly calls: string[] = [];
  networkReady = true;
  hasEvents = true;
  podCidr = "";
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #containers = new Map<string, Container>();
  readonly #events = new Broadcast<Message<"ContainerEventResponse">>();
  #count = 0;

  constructor(clock: Clock) {
    this.clock = clock;
    this.images.set("img", {});
  }

  /** A client of it; messages go through the codec, as they would over the socket. */
  client(): CriClient {
    return { runtime: this.#calls(runtimeRpcs) as CriClient["runtime"], image: this.#calls(imageRpcs) as CriClient["image"], close: () => {} };
  }

  /** Containers of this name, oldest first. */
  containers(name: string): { readonly id: string; readonly state: string; readonly exitCode: number; readonly config: ContainerConfig }[] {
    return [...this.#containers.values()].filter((container) => container.config.metadata?.name === name);
  }

  sandboxes(): { readonly id: string; readonly ready: boolean; readonly config: Message<"PodSandboxConfig"> }[] {
    return [...this.#sandboxes.values()];
  }

  /** Ends a running container as if its process had. */
  exit(id: string, exitCode: number, reason = ""): void {
    const container = this.#containers.get(id);
    if (container?.state === "CONTAINER_RUNNING") this.#end(container, exitCode, reason);
  }

  /** Kills a sandbox with all that runs in it, as a machine's reboot does. */
  killSandbox(id: string): void {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    for (const container of this.#of(id)) if (container.state === "CONTAINER_RUNNING") this.#end(container, KILLED, "");
    sandbox.ready = false;
    this.#tell(id, sandbox, "CONTAINER_STOPPED_EVENT");
  }

  #calls(rpcs: Record<string, readonly [MessageName, MessageName, "stream"?]>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(rpcs).map(([verb, [request, response, stream]]) => [
        verb,
        stream === undefined
          ? async (message: Init<MessageName>, options: CallOptions = {}) => {
              const decoded = decode(request, encode(request, message));
              this.calls.push(verb);
              await null;
              if (options.signal?.aborted) throw options.signal.reason;
              await this.before(verb, decoded);
              const handler = this.#handlers[verb];
              if (handler === undefined) throw new CriError("Unimplemented", `the fake runtime has no ${verb}`);
              const answer = await untilAborted(Promise.resolve(handler(decoded as never, options)), options.signal);
              return decode(response, encode(response, answer as Init<MessageName>));
            }
          : (_message: unknown, options: CallOptions = {}) => this.#stream(verb, options),
      ]),
    );
  }

  async *#stream(verb: string, options: CallOptions): AsyncGenerator<unknown> {
    if (verb !== "GetContainerEvents" || !this.hasEvents) throw new CriError("Unimplemented", `the fake runtime has no ${verb}`);
    yield* this.#events.read(options.signal);
  }

  readonly #handlers: Record<string, Handler> = {
    Version: () => ({ version: "v1", runtimeName: "fake", runtimeVersion: "1.0.0", runtimeApiVersion: "v1" }),
    Status: () => ({
      status: {
        conditions: [
          { type: "RuntimeReady", status: true },
          { type: "NetworkReady", status: this.networkReady, reason: this.networkReady ? "" : "NetworkPluginNotReady", message: this.networkReady ? "" : "no network" },
        ],
      },
    }),
    UpdateRuntimeConfig: ({ runtimeConfig }: Message<"UpdateRuntimeConfigRequest">) => {
      this.podCidr = runtimeConfig?.networkConfig?.podCidr ?? "";
      return {};
    },
    RunPodSandbox: (request: Message<"RunPodSandboxRequest">) => this.#runSandbox(request),
    StopPodSandbox: ({ podSandboxId }: Message<"StopPodSandboxRequest">) => {
      this.killSandbox(podSandboxId);
      return {};
    },
    RemovePodSandbox: ({ podSandboxId }: Message<"RemovePodSandboxRequest">) => {
      this.killSandbox(podSandboxId);
      for (const container of this.#of(podSandboxId)) this.#remove(container);
      const sandbox = this.#sandboxes.get(podSandboxId);
      this.#sandboxes.delete(podSandboxId);
      if (sandbox !== undefined) this.#tell(podSandboxId, sandbox, "CONTAINER_DELETED_EVENT");
      return {};
    },
    PodSandboxStatus: ({ podSandboxId }: Message<"PodSandboxStatusRequest">) => ({ status: this.#sandboxStatus(this.#sandbox(podSandboxId)) }),
    ListPodSandbox: () => ({ items: [...this.#sandboxes.values()].map((sandbox) => this.#sandboxStatus(sandbox)) }),
    CreateContainer: (request: Message<"CreateContainerRequest">) => this.#create(request),
    StartContainer: ({ containerId }: Message<"StartContainerRequest">) => this.#start(this.#container(containerId)),
    StopContainer: ({ containerId, timeout }: Message<"StopContainerRequest">) => this.#stop(this.#container(containerId), timeout),
    UpdateContainerResources: ({ containerId, linux }: Message<"UpdateContainerResourcesRequest">) => {
      const container = this.#container(containerId);
      if (linux !== undefined) container.config = { ...container.config, linux: { ...(container.config.linux as NonNullable<ContainerConfig["linux"]>), resources: linux } };
      return {};
    },
    RemoveContainer: ({ containerId }: Message<"RemoveContainerRequest">) => {
      const container = this.#containers.get(containerId);
      if (container !== undefined) this.#remove(container);
      return {};
    },
    ListContainers: () => ({ containers: [...this.#containers.values()].map((container) => ({ ...this.#containerStatus(container), podSandboxId: container.sandboxId })) }),
    ContainerStatus: ({ containerId }: Message<"ContainerStatusRequest">) => ({ status: this.#containerStatus(this.#container(containerId)) }),
    ExecSync: async ({ containerId, cmd }: Message<"ExecSyncRequest">) => {
      const container = this.#container(containerId);
      if (container.state !== "CONTAINER_RUNNING") throw new CriError("FailedPrecondition", `container ${containerId} is not running`);
      const { exitCode, output = "" } = await this.exec(containerId, cmd);
      return { exitCode, stdout: new TextEncoder().encode(output) };
    },
    ReopenContainerLog: () => ({}),
    ListPodSandboxStats: () => ({}),
    ListImages: () => ({ images: [...this.images.keys()].map((name) => this.#image(name)) }),
    ImageStatus: ({ image }: Message<"ImageStatusRequest">) => (this.images.has(nameOf(image?.image)) ? { image: this.#image(nameOf(image?.image)) } : {}),
    PullImage: async ({ image }: Message<"PullImageRequest">, { signal }: CallOptions) => {
      const name = nameOf(image?.image);
      await this.pull(name, signal);
      if (!this.images.has(name)) this.images.set(name, {});
      return { imageRef: `sha256:${name}` };
    },
  };

  #runSandbox({ config }: Message<"RunPodSandboxRequest">): Init<"RunPodSandboxResponse"> {
    if (config === undefined) throw new CriError("InvalidArgument", "a sandbox needs a configuration");
    const id = `sandbox-${++this.#count}`;
    const isHost = config.linux?.securityContext?.namespaceOptions?.network === "NODE";
    const sandbox: Sandbox = { id, config, createdAt: this.#now(), ready: true, ip: isHost ? "" : `10.88.0.${this.#count}` };
    this.#sandboxes.set(id, sandbox);
    this.#tell(id, sandbox, "CONTAINER_STARTED_EVENT");
    return { podSandboxId: id };
  }

  #create({ podSandboxId, config }: Message<"CreateContainerRequest">): Init<"CreateContainerResponse"> {
    const sandbox = this.#sandbox(podSandboxId);
    if (!sandbox.ready) throw new CriError("FailedPrecondition", `sandbox ${podSandboxId} is not ready`);
    if (config === undefined) throw new CriError("InvalidArgument", "a container needs a configuration");
    const id = `container-${++this.#count}`;
    const container: Container = {
      id,
      sandboxId: podSandboxId,
      config,
      createdAt: this.#now(),
      state: "CONTAINER_CREATED",
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      reason: "",
      message: "",
      timer: undefined,
      program: {},
      exited: [],
    };
    this.#containers.set(id, container);
    this.#tell(id, sandbox, "CONTAINER_CREATED_EVENT");
    return { containerId: id };
  }

  #start(container: Container): object {
    container.program = this.program(container.config);
    const { startError, runs_ms, exitCode = 0, reason = "" } = container.program;
    if (startError !== undefined) {
      container.message = startError;
      this.#end(container, 128, "StartError");
      throw new CriError("Unknown", startError);
    }
    container.state = "CONTAINER_RUNNING";
    container.startedAt = this.#now();
    this.#tell(container.id, this.#sandbox(container.sandboxId), "CONTAINER_STARTED_EVENT");
    if (runs_ms === 0) this.#end(container, exitCode, reason);
    else if (runs_ms !== undefined) container.timer = this.clock.after(runs_ms, () => this.#end(container, exitCode, reason));
    return {};
  }

  async #stop(container: Container, timeout_s: number): Promise<object> {
    if (container.state !== "CONTAINER_RUNNING") return {};
    const { onTerm } = container.program;
    if (onTerm !== undefined) this.#end(container, onTerm, "");
    else {
      const timer = this.clock.after(timeout_s * 1000, () => this.#end(container, KILLED, ""));
      await new Promise<void>((resolve) => container.exited.push(resolve));
      timer.cancel();
    }
    return {};
  }

  #end(container: Container, exitCode: number, reason: string): void {
    if (container.state === "CONTAINER_EXITED") return;
    container.timer?.cancel();
    container.state = "CONTAINER_EXITED";
    container.exitCode = exitCode;
    container.reason = reason === "" ? (exitCode === 0 ? "Completed" : "Error") : reason;
    container.finishedAt = this.#now();
    for (const resolve of container.exited.splice(0)) resolve();
    this.#tell(container.id, this.#sandbox(container.sandboxId), "CONTAINER_STOPPED_EVENT");
  }

  #remove(container: Container): void {
    this.#end(container, KILLED, "");
    this.#containers.delete(container.id);
    const sandbox = this.#sandboxes.get(container.sandboxId);
    if (sandbox !== undefined) this.#tell(container.id, sandbox, "CONTAINER_DELETED_EVENT");
  }

  #of(sandboxId: string): Container[] {
    return [...this.#containers.values()].filter((container) => container.sandboxId === sandboxId);
  }

  #sandbox(id: string): Sandbox {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) throw new CriError("NotFound", `sandbox ${id} does not exist`);
    return sandbox;
  }

  #container(id: string): Container {
    const container = this.#containers.get(id);
    if (container === undefined) throw new CriError("NotFound", `container ${id} does not exist`);
    return container;
  }

  #sandboxStatus(sandbox: Sandbox): Init<"PodSandboxStatus"> {
    const { metadata, labels, annotations } = sandbox.config;
    return {
      id: sandbox.id,
      ...(metadata === undefined ? {} : { metadata }),
      state: sandbox.ready ? "SANDBOX_READY" : "SANDBOX_NOTREADY",
      createdAt: sandbox.createdAt,
      network: { ip: sandbox.ip },
      labels,
      annotations,
    };
  }

  #containerStatus(container: Container): Init<"ContainerStatus"> {
    const { metadata, labels, annotations, image, mounts, logPath } = container.config;
    const { id, state, createdAt, startedAt, finishedAt, exitCode, reason, message } = container;
    return { id, ...(metadata === undefined ? {} : { metadata }), state, createdAt, startedAt, finishedAt, exitCode, reason, message, image: { image: image?.userSpecifiedImage ?? "" }, imageRef: image?.image ?? "", labels, annotations, mounts, logPath };
  }

  #image(name: string): Init<"Image"> {
    const { uid, username = "" } = this.images.get(name) ?? {};
    return { id: `sha256:${name}`, repoTags: [name], size: 1234, username, ...(uid === undefined ? {} : { uid: { value: uid } }) };
  }

  #tell(id: string, sandbox: Sandbox, type: Message<"ContainerEventResponse">["containerEventType"]): void {
    const event = encode("ContainerEventResponse", {
      containerId: id,
      containerEventType: type,
      createdAt: this.#now(),
      podSandboxStatus: this.#sandboxStatus(sandbox),
      containersStatuses: this.#of(sandbox.id).map((container) => this.#containerStatus(container)),
    });
    this.#events.push(decode("ContainerEventResponse", event));
  }

  /** Nanoseconds; each call a little later, so that order is told. */
  #now(): number {
    return this.clock.now_ms() * NS_PER_MS + 1000 * (this.#ticks = (this.#ticks + 1) % 900);
  }

  #ticks = 0;
}

/** The caller's signal ends the wait; what was begun goes on, as in a real runtime. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Without the default tag. */
function nameOf(image: string | undefined): string {
  return (image ?? "").replace(/:latest$/, "").replace(/^sha256:/, "");
}
