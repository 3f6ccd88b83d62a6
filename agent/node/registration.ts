import { nodes } from "../../api/resources.ts";
import type { Node } from "../../api/wire.ts";
import { type Client, isReason } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import { createInformer } from "../../client/shared-informer.ts";
import { type Clock, rfc3339 } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { Random } from "../../lib/random.ts";
import { type NodeFacts, nodeLabels, nodeStatus, type RuntimeFacts } from "./node-object.ts";

/** Changes are looked for this often; the heartbeat itself goes out every five minutes (the Lease is the pulse). */
const CHECK_MS = 10_000;
const REPORT_MS = 5 * 60_000;
const RETRY_MS = 1_000;

export interface RegistrationOptions {
  readonly client: Client;
  readonly facts: () => NodeFacts;
  readonly runtime: () => RuntimeFacts;
  /** Whether the runtime's state is known: until then a Node that is there keeps the status that it has. */
  readonly isRuntimeKnown: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The Node as the API server has it, each time it changes. */
  readonly onNode: (node: Node) => void;
}

/** Makes the Node object and keeps its status. */
export class NodeRegistration {
  readonly #options: RegistrationOptions;
  readonly #informer: Informer<Node>;
  #reported_ms = Number.NEGATIVE_INFINITY;
  #reported = "";
  #wake: (() => void) | undefined;
  #isDirty = false;
  readonly #registered = Promise.withResolvers<void>();

  constructor(options: RegistrationOptions) {
    this.#options = options;
    const { client, clock, random, logger } = options;
    this.#informer = createInformer({ client, clock, random, logger, resource: nodes, fieldSelector: `metadata.name=${options.facts().name}` });
    this.#informer.addHandler({ add: (node) => options.onNode(node), update: (node) => options.onNode(node), delete: () => this.report() });
  }

  /** Resolves when the API server has the Node, or `run` has ended. */
  get registered(): Promise<void> {
    return this.#registered.promise;
  }

  get node(): Node | undefined {
    return this.#informer.get(this.#options.facts().name);
  }

  /** Writes the status now, if it changed. */
  report(): void {
    this.#isDirty = true;
    this.#wake?.();
  }

  /** Registers and reports until the signal aborts; an API server that is away is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    const watching = this.#informer.run(signal);
    while (!signal.aborted) {
      this.#isDirty = false;
      let delay_ms = CHECK_MS;
      try {
        await this.#write(signal);
      } catch (error) {
        delay_ms = RETRY_MS;
        this.#reported = "";
        if (!signal.aborted) this.#options.logger.debug({ error: String(error) }, "the Node could not be written");
      }
      if (!this.#isDirty) await this.#pause(delay_ms, signal);
    }
    this.#registered.resolve();
    await watching;
  }

  #pause(delay_ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        signal.removeEventListener("abort", done);
        this.#wake = undefined;
        resolve();
      };
      const timer = this.#options.clock.after(delay_ms, done);
      this.#wake = done;
      signal.addEventListener("abort", done, { once: true });
      if (signal.aborted) done();
    });
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const facts = this.#options.facts();
    const node = this.#reported === "" ? await this.#register(facts, signal) : (this.node ?? (await this.#register(facts, signal)));
    this.#registered.resolve();
    if (!this.#options.isRuntimeKnown()) return;
    const now = rfc3339(clock.now_ms());
    const status = nodeStatus(facts, this.#options.runtime(), node.status, now);
    const essence = essenceOf(status);
    if (essence === this.#reported && clock.now_ms() - this.#reported_ms < REPORT_MS) return;
    await client.patch(nodes, { name: facts.name }, "strategic", { status: { ...status, addresses: [{ $patch: "replace" }, ...(status.addresses ?? [])] } }, { subresource: "status", signal });
    this.#reported = essence;
    this.#reported_ms = clock.now_ms();
  }

  /** The Node, made if it is not there; one that is there gets our labels. */
  async #register(facts: NodeFacts, signal: AbortSignal): Promise<Node> {
    const { client, clock } = this.#options;
    const labels = nodeLabels(facts);
    const existing = await client.get(nodes, { name: facts.name }, { signal }).catch((error) => {
      if (isReason(error, "NotFound")) return undefined;
      throw error;
    });
    if (existing === undefined) {
      const status = nodeStatus(facts, this.#options.runtime(), undefined, rfc3339(clock.now_ms()));
      return client.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: facts.name, labels, annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" } }, spec: {}, status }, { signal });
    }
    const missing = Object.entries(labels).filter(([key, value]) => existing.metadata.labels?.[key] !== value);
    if (missing.length === 0) return existing;
    return client.patch(nodes, { name: facts.name }, "strategic", { metadata: { labels: Object.fromEntries(missing) } }, { signal });
  }
}

/** The status without what changes by itself. */
function essenceOf(status: NonNullable<Node["status"]>): string {
  const conditions = (status.conditions ?? []).map(({ type, status: value, reason, message }) => [type, value, reason, message]);
  return JSON.stringify({ ...status, conditions });
}
