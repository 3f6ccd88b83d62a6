import type { Message } from "../../cri/vocabulary.ts";
import { Backoff } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { Random } from "../../lib/random.ts";
import { type CriClient, isCriCode } from "../cri/cri-client.ts";
import type { ContainerRecord } from "../pod/runtime-state.ts";
import { containerRecord, containerStateOf, type PodIdentity, podIdentity, sandboxRecord } from "./runtime-records.ts";
import type { RuntimeView } from "./runtime-view.ts";

/** With events, a relist is only the net below them. */
const RELIST_MS = 60_000;
/** A runtime without an event stream is asked this often. */
const POLL_MS = 1_000;
/** Status calls at once while adopting. */
const PARALLEL = 8;

export interface RuntimeWatcherOptions {
  readonly cri: CriClient;
  readonly view: RuntimeView;
  readonly nodeName: string;
  /** The last words of a container that ended. */
  readonly lastWords: (identity: PodIdentity, status: Message<"ContainerStatus">) => Promise<string>;
  /** Whether containers' user ids are reported. */
  readonly reportUser: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Keeps a RuntimeView true: events of the runtime drive it, a relist repairs what they missed. */
export class RuntimeWatcher {
  readonly #options: RuntimeWatcherOptions;
  #relisting: Promise<void> | undefined;

  constructor(options: RuntimeWatcherOptions) {
    this.#options = options;
  }

  /** Runs until the signal aborts; waits for a runtime that is away. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger, cri } = this.#options;
    const backoff = new Backoff({ base_ms: 200, max_ms: 5_000, jitter: 0.2 }, random);
    while (!signal.aborted) {
      try {
        for await (const event of cri.runtime.GetContainerEvents({}, { signal })) {
          backoff.reset();
          await this.#onEvent(event);
        }
        if (!signal.aborted) logger.warn("the runtime ended its event stream");
      } catch (error) {
        if (signal.aborted) return;
        if (isCriCode(error, "Unimplemented")) return this.#poll(signal);
        logger.warn({ error: String(error) }, "the runtime's event stream broke");
      }
      await clock.sleep(backoff.next(), signal).catch(() => {});
      await this.relist(signal).catch(() => {});
    }
  }

  /** The net: relists now and then until the signal aborts. */
  async runRelists(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(RELIST_MS, signal).catch(() => {});
      if (!signal.aborted) await this.relist(signal).catch((error) => this.#options.logger.warn({ error: String(error) }, "relisting containers failed"));
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    this.#options.logger.info("the runtime has no event stream: it is asked every second");
    while (!signal.aborted) {
      await this.relist(signal).catch((error) => this.#options.logger.debug({ error: String(error) }, "relisting containers failed"));
      await this.#options.clock.sleep(POLL_MS, signal).catch(() => {});
    }
  }

  /** Compares all that the runtime has with the view. Rejects when the runtime does not answer. */
  relist(signal?: AbortSignal): Promise<void> {
    this.#relisting ??= this.#relist(signal).finally(() => {
      this.#relisting = undefined;
    });
    return this.#relisting;
  }

  async #relist(signal: AbortSignal | undefined): Promise<void> {
    const { cri, view, nodeName } = this.#options;
    const before = new Set(view.ids());
    const [sandboxes, containers] = await Promise.all([cri.runtime.ListPodSandbox({}, { signal }), cri.runtime.ListContainers({}, { signal })]);
    const seen = new Set<string>();
    const jobs: (() => Promise<void>)[] = [];
    for (const sandbox of sandboxes.items) {
      const identity = podIdentity(sandbox.labels, nodeName);
      if (identity === undefined) continue;
      seen.add(sandbox.id);
      const known = view.get(identity.uid).sandboxes.find((record) => record.id === sandbox.id);
      const isReady = sandbox.state === "SANDBOX_READY";
      if (known === undefined || known.ready !== isReady) jobs.push(() => this.refreshSandbox(identity, sandbox.id));
    }
    for (const container of containers.containers) {
      const identity = podIdentity(container.labels, nodeName);
      if (identity === undefined) continue;
      seen.add(container.id);
      const known = view.container(container.id);
      if (known === undefined || known.state !== containerStateOf(container.state)) jobs.push(() => this.refreshContainer(identity, container.id, container.podSandboxId).then(() => {}));
    }
    await inParallel(jobs);
    // What was there before the question, and is not in the answer, is gone.
    for (const id of before) if (!seen.has(id)) view.drop(id);
  }

  async refreshSandbox(identity: PodIdentity, id: string): Promise<void> {
    try {
      const { status } = await this.#options.cri.runtime.PodSandboxStatus({ podSandboxId: id });
      if (status !== undefined) this.#options.view.putSandbox(identity, sandboxRecord(status));
    } catch (error) {
      if (!isCriCode(error, "NotFound")) throw error;
      this.#options.view.drop(id);
    }
  }

  /** Asks for one container's status and puts it into the view; undefined when it is gone. */
  async refreshContainer(identity: PodIdentity, id: string, sandboxId: string): Promise<ContainerRecord | undefined> {
    try {
      const { status } = await this.#options.cri.runtime.ContainerStatus({ containerId: id });
      return status === undefined ? undefined : await this.#put(identity, status, sandboxId);
    } catch (error) {
      if (!isCriCode(error, "NotFound")) throw error;
      this.#options.view.drop(id);
      return undefined;
    }
  }

  async #put(identity: PodIdentity, status: Message<"ContainerStatus">, sandboxId: string): Promise<ContainerRecord> {
    const { view, lastWords, reportUser } = this.#options;
    let record = containerRecord(status, sandboxId, reportUser());
    if (record.state === "exited" && view.container(record.id)?.state !== "exited") {
      const words = await lastWords(identity, status);
      if (words !== "") record = { ...record, message: record.message === "" ? words : `${record.message}: ${words}` };
    }
    view.putContainer(identity, record);
    return view.container(record.id) ?? record;
  }

  async #onEvent(event: Message<"ContainerEventResponse">): Promise<void> {
    const { view, nodeName, logger } = this.#options;
    try {
      if (event.containerEventType === "CONTAINER_DELETED_EVENT") return view.drop(event.containerId);
      const sandbox = event.podSandboxStatus;
      if (sandbox === undefined) return await this.relist();
      const identity = podIdentity(sandbox.labels, nodeName);
      if (identity === undefined) return;
      view.putSandbox(identity, sandboxRecord(sandbox));
      for (const status of event.containersStatuses) await this.#put(identity, status, view.container(status.id)?.sandboxId ?? sandbox.id);
      const isCovered = event.containerId === sandbox.id || event.containersStatuses.some((status) => status.id === event.containerId);
      if (!isCovered) await this.refreshContainer(identity, event.containerId, sandbox.id);
    } catch (error) {
      logger.warn({ error: String(error) }, "an event of the runtime could not be followed; the next relist will");
    }
  }
}

async function inParallel(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) await job();
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, jobs.length) }, worker));
}
