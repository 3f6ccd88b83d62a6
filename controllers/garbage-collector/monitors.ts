import { type DiscoveredResource, discoverResources } from "../../client/discovery.ts";
import type { Identified, Informer } from "../../client/informer.ts";
import type { ControllerContext } from "../controller.ts";
import { groupOf } from "../shared/owner.ts";

/** Events go by their time to live; watching them would cost much and bring nothing. */
const IGNORED = new Set(["/events", "events.k8s.io/events"]);
const NEEDED_VERBS = ["delete", "list", "watch"];
const REFRESH_MS = 30_000;
/** Definitions come in bursts: look once, a little later. */
const CHANGED_MS = 1000;
/** Groups whose objects add and remove kinds. */
const DEFINING_GROUPS = new Set(["apiextensions.k8s.io", "apiregistration.k8s.io"]);

export interface MonitorHandlers {
  observe(resource: DiscoveredResource, object: Identified): void;
  remove(resource: DiscoveredResource, object: Identified): void;
  gone(resource: DiscoveredResource): void;
}

interface Monitor {
  readonly resource: DiscoveredResource;
  readonly informer: Informer<Identified>;
  readonly removeHandler: () => void;
}

/** Watches every resource that is served and can be deleted, whatever it is; follows discovery. */
export class Monitors {
  readonly #context: ControllerContext;
  readonly #handlers: MonitorHandlers;
  readonly #monitors = new Map<string, Monitor>();
  /** By `group/Kind`. */
  #kinds: ReadonlyMap<string, DiscoveredResource> = new Map();
  #refreshing: Promise<void> | undefined;
  #changed: (() => void) | undefined;

  constructor(context: ControllerContext, handlers: MonitorHandlers) {
    this.#context = context;
    this.#handlers = handlers;
  }

  /** The resource of an owner reference's kind; undefined when nothing of that kind is served (or discovery of its group failed). */
  resourceOf(apiVersion: string, kind: string): DiscoveredResource | undefined {
    return this.#kinds.get(`${groupOf(apiVersion)}/${kind}`);
  }

  /** Looks at what is served once. @throws ApiError | ConnectionError */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Follows discovery until `signal` aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#context;
    while (!signal.aborted) {
      await this.#nextChange(signal);
      if (signal.aborted) return;
      await this.refresh().catch((error: unknown) => logger.warn({ error: String(error) }, "discovery failed; kinds stay as they were"));
      await clock.sleep(CHANGED_MS, signal).catch(() => undefined);
    }
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#monitors.values()].map((monitor) => monitor.informer.whenSynced(signal)));
  }

  async #nextChange(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    await new Promise<void>((resolve) => {
      const timer = clock.after(REFRESH_MS, () => done(), { background: true });
      const done = () => {
        timer.cancel();
        signal.removeEventListener("abort", done);
        this.#changed = undefined;
        resolve();
      };
      this.#changed = done;
      if (signal.aborted) done();
      else signal.addEventListener("abort", done, { once: true });
    });
  }

  async #refresh(): Promise<void> {
    const { resources, failed } = await discoverResources(this.#context.client);
    const failedGroups = new Set(failed.map((version) => version.slice(0, version.lastIndexOf("/"))));
    const kinds = new Map([...this.#kinds].filter(([, resource]) => failedGroups.has(resource.group)));
    for (const resource of resources) {
      const id = `${resource.group}/${resource.kind}`;
      if (!kinds.has(id)) kinds.set(id, resource);
    }
    this.#kinds = kinds;
    const wanted = new Map(resources.filter(isCollected).map((resource) => [idOf(resource), resource]));
    for (const [id, monitor] of this.#monitors) {
      if (wanted.get(id)?.version === monitor.resource.version || (!wanted.has(id) && failedGroups.has(monitor.resource.group))) continue;
      this.#stop(id, monitor, !wanted.has(id));
    }
    for (const [id, resource] of wanted) if (!this.#monitors.has(id)) this.#start(id, resource);
  }

  #start(id: string, resource: DiscoveredResource): void {
    const informer = this.#context.informers.metadata(resource);
    const defines = DEFINING_GROUPS.has(resource.group);
    const observe = (object: Identified) => {
      this.#handlers.observe(resource, object);
      if (defines) this.#changed?.();
    };
    const removeHandler = informer.addHandler({
      add: observe,
      update: observe,
      delete: (object) => {
        this.#handlers.remove(resource, object);
        if (defines) this.#changed?.();
      },
    });
    this.#monitors.set(id, { resource, informer, removeHandler });
  }

  #stop(id: string, monitor: Monitor, gone: boolean): void {
    monitor.removeHandler();
    this.#monitors.delete(id);
    this.#context.informers.remove(monitor.resource);
    if (gone) this.#handlers.gone(monitor.resource);
  }
}

function isCollected(resource: DiscoveredResource): boolean {
  return !IGNORED.has(idOf(resource)) && NEEDED_VERBS.every((verb) => resource.verbs.includes(verb));
}

function idOf(resource: DiscoveredResource): string {
  return `${resource.group}/${resource.resource}`;
}
