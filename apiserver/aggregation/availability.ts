import type { APIService } from "../../api/wire.ts";
import { type Clock, rfc3339, type Timer } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { StatusError } from "../../api/status/errors.ts";
import type { CachedObject } from "../registry/cached-object.ts";
import type { Registry } from "../registry/registry.ts";
import { systemContext } from "../registry/system-write.ts";
import { updateObject } from "../registry/update.ts";
import { BackendError } from "./backend.ts";
import type { ExtensionClient, Fetched } from "./extension-client.ts";
import type { RemoteService, RemoteServices } from "./remote-services.ts";

const CHECK_TIMEOUT_MS = 5_000;
/** Resource lists are small; this only makes sure. */
const MAX_ANSWER_BYTES = 4 << 20;
const GOOD_FOR_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

type Condition = NonNullable<NonNullable<APIService["status"]>["conditions"]>[number];

/** Hears of each check: the list of resources that the server answered, or why there is none. */
export type CheckListener = (service: RemoteService, resources: unknown | undefined) => void;

interface Watched {
  service: RemoteService;
  /** What this server found last: the object's condition may be another server's. */
  found: { available: boolean } | undefined;
  failures: number;
  checking: boolean;
  /** Something changed while the check was under way. */
  again: boolean;
  timer: Timer | undefined;
}

/**
 * Keeps the condition Available of every APIService that names a Service: a check asks the extension server for its resources, at every change of the
 * APIService, its Service or its endpoints, after a failed request, and from time to time.
 */
export class Availability {
  readonly #registry: Registry;
  readonly #remotes: RemoteServices;
  readonly #client: ExtensionClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #watched = new Map<string, Watched>();
  readonly #listeners: CheckListener[] = [];
  #closed = false;

  constructor(options: { registry: Registry; remotes: RemoteServices; client: ExtensionClient }) {
    this.#registry = options.registry;
    this.#remotes = options.remotes;
    this.#client = options.client;
    this.#clock = options.registry.clock;
    this.#logger = options.registry.logger;
  }

  onCheck(listener: CheckListener): void {
    this.#listeners.push(listener);
  }

  start(): void {
    this.#remotes.onChange((name, service) => this.#changed(name, service));
    for (const service of this.#remotes.all) this.#changed(service.name, service);
    const recheck = ({ current, previous }: { current?: CachedObject | undefined; previous?: CachedObject | undefined }) => this.#touched((current ?? previous)!);
    for (const [group, plural] of [["", "services"], ["discovery.k8s.io", "endpointslices"]] as const) {
      const kind = this.#registry.kinds.byResource(group, "v1", plural);
      if (kind !== undefined) this.#registry.cache.of(kind).listen({}, recheck);
    }
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#watched.values()) timer?.cancel();
    this.#watched.clear();
  }

  /** A request to the service failed: look at once whether it is still there. */
  suspect(name: string): void {
    const watched = this.#watched.get(name);
    if (watched !== undefined && watched.failures === 0) this.#soon(watched);
  }

  #changed(name: string, service: RemoteService | undefined): void {
    const watched = this.#watched.get(name);
    if (service === undefined) {
      watched?.timer?.cancel();
      this.#watched.delete(name);
      return;
    }
    if (watched === undefined) {
      const added: Watched = { service, found: undefined, failures: 0, checking: false, again: false, timer: undefined };
      this.#watched.set(name, added);
      return this.#soon(added);
    }
    const before = watched.service;
    watched.service = service;
    if (!sameSpec(before, service)) this.#soon(watched);
  }

  /** A Service or one of its slices changed. */
  #touched(object: CachedObject): void {
    if (this.#watched.size === 0) return;
    const [namespace, own] = object.key.split("/");
    const name = object.labels?.["kubernetes.io/service-name"] ?? own;
    for (const watched of this.#watched.values()) {
      const { service } = watched.service;
      if (service.namespace === namespace && service.name === name) this.#soon(watched);
    }
  }

  #soon(watched: Watched): void {
    watched.timer?.cancel();
    if (watched.checking) watched.again = true;
    else void this.#check(watched);
  }

  async #check(watched: Watched): Promise<void> {
    watched.checking = true;
    watched.again = false;
    const { service } = watched;
    const verdict = await this.#verdict(service);
    watched.checking = false;
    if (this.#closed || this.#watched.get(service.name) !== watched) return;
    watched.failures = verdict.status === "True" ? 0 : watched.failures + 1;
    for (const listener of this.#listeners) listener(service, verdict.resources);
    await this.#report(service, verdict).catch((error: unknown) => this.#logger.warn({ err: error, apiService: service.name }, "the condition of an APIService could not be written"));
    if (this.#closed || this.#watched.get(service.name) !== watched) return;
    if (watched.again) return void this.#check(watched);
    const delay_ms = watched.failures === 0 ? GOOD_FOR_MS : Math.min(FIRST_RETRY_MS * 2 ** (watched.failures - 1), MAX_RETRY_MS);
    watched.timer = this.#clock.after(delay_ms, () => void this.#check(watched), { background: true });
  }

  async #verdict(service: RemoteService): Promise<Omit<Condition, "lastTransitionTime" | "type"> & { resources?: unknown }> {
    const path = `/apis/${service.group}/${service.version}`;
    let answer: Fetched;
    try {
      answer = await this.#client.fetch(service, path, { accept: "application/json", timeout_ms: CHECK_TIMEOUT_MS, limit_bytes: MAX_ANSWER_BYTES });
    } catch (error) {
      if (error instanceof BackendError) return { status: "False", reason: error.reason, message: error.message };
      return { status: "False", reason: "FailedDiscoveryCheck", message: `failing or missing response: ${(error as Error).message}` };
    }
    if (answer.status < 200 || answer.status > 299) return { status: "False", reason: "FailedDiscoveryCheck", message: `failing or missing response from ${answer.url}: bad status from ${answer.url}: ${answer.status}` };
    return { status: "True", reason: "Passed", message: "all checks passed", resources: parsed(answer.bytes) };
  }

  /** Writes the condition where it says something else; its time changes with its status. */
  async #report(service: RemoteService, verdict: Pick<Condition, "status" | "reason" | "message">): Promise<void> {
    const kind = this.#registry.kinds.byResource("apiregistration.k8s.io", "v1", "apiservices");
    if (kind === undefined) return;
    const strategy = kind.entry.subresources["status"]?.strategy ?? {};
    const now = rfc3339(this.#clock.now_ms());
    const { status, reason, message } = verdict;
    const present = this.#registry.cache.of(kind).get(service.name)?.object() as APIService | undefined;
    if (present === undefined || conditionOf(present, { status, reason, message }, now) === undefined) return;
    const next = (old: object | undefined) => {
      if (old === undefined) throw new Gone();
      const copy = structuredClone(old) as APIService;
      const condition = conditionOf(copy, { status, reason, message }, now);
      if (condition !== undefined) copy.status = { ...copy.status, conditions: [...(copy.status?.conditions ?? []).filter(({ type }) => type !== "Available"), condition] };
      return copy;
    };
    try {
      await updateObject(this.#registry, kind, { name: service.name, subresource: "status", strategy, next, internal: true }, systemContext(this.#registry, ""));
    } catch (error) {
      if (!(error instanceof Gone) && !(error instanceof StatusError && error.reason === "NotFound")) throw error;
    }
  }
}

/** The APIService went while it was checked. */
class Gone extends Error {}

/** The condition to write; undefined where the object says it already. */
function conditionOf({ status }: APIService, verdict: { status: string; reason?: string | undefined; message?: string | undefined }, now: string): Condition | undefined {
  const before = status?.conditions?.find(({ type }) => type === "Available");
  if (before !== undefined && before.status === verdict.status && before.reason === verdict.reason && before.message === verdict.message) return undefined;
  const lastTransitionTime = before?.status === verdict.status ? (before.lastTransitionTime ?? now) : now;
  return { type: "Available", status: verdict.status, lastTransitionTime, reason: verdict.reason ?? "", message: verdict.message ?? "" };
}

function sameSpec(a: RemoteService, b: RemoteService): boolean {
  return a.group === b.group && a.version === b.version && a.caBundle === b.caBundle && a.insecureSkipTLSVerify === b.insecureSkipTLSVerify && a.service.namespace === b.service.namespace && a.service.name === b.service.name && a.service.port === b.service.port;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8")) as unknown;
  } catch {
    return {};
  }
}
