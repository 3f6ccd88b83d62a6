import test, { type ExecutionContext } from "ava";
import type { ApiHandler, ApiRequest, UserInfo } from "../../api/exchange.ts";
import { startTestServer, type TestServer } from "../../apiserver/testing/test-server.ts";
import type { Client } from "../../client/client.ts";
import { createInProcessClient } from "../../client/in-process/client.ts";
import type { Logger } from "../../lib/logger.ts";
import { silentLogger } from "../../lib/logger.ts";
import { seededRandom } from "../../lib/random.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { HollowNodes, type HollowNodesOptions } from "../../sim/hollow-node.ts";
import { CONTROLLER_MANAGER_USER, type ControllerManagerOptions, runControllerManager } from "../manager.ts";

const ADMIN: UserInfo = { name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };
/** Virtual time between two looks, and how much of it `eventually` gives. */
const STEP_MS = 50;
const LIMIT_MS = 60_000;

export interface RunningManager {
  /** A clean end: the lease is given up. */
  stop(): Promise<void>;
  /** From now on nothing of it reaches the server, as if its process were dead. */
  kill(): void;
  /** Calls before each write of it. A thrown error (ConnectionError) is what the manager sees instead of an answer. */
  beforeWrite: ((request: ApiRequest) => void) | undefined;
  /** Calls after each write of it was done, before it hears of it. */
  afterWrite: ((request: ApiRequest) => void) | undefined;
  readonly ended: Promise<void>;
}

/** An API server over the embedded store on virtual time, with controller managers and hollow nodes as a test wants them. */
export class TestCluster {
  readonly clock: VirtualClock;
  readonly server: TestServer;
  readonly admin: Client;
  readonly logger: Logger;
  readonly #stops: (() => Promise<void>)[] = [];
  #inFlight = 0;
  #seed = 1;

  private constructor(server: TestServer, clock: VirtualClock, logger: Logger) {
    this.server = server;
    this.clock = clock;
    this.logger = logger;
    this.admin = this.clientAs(ADMIN);
  }

  static async start(options: { logger?: Logger } = {}): Promise<TestCluster> {
    const clock = new VirtualClock();
    const logger = options.logger ?? silentLogger;
    return new TestCluster(await startTestServer({ clock, random: seededRandom(7), logger }), clock, logger);
  }

  clientAs(user: UserInfo, wrap: (handler: ApiHandler) => ApiHandler = (handler) => handler): Client {
    return createInProcessClient(wrap(this.#counted(this.server.handler)), user, { clock: this.clock });
  }

  /** `lag_ms`: its watch of pods is late by so much. */
  startManager(options: Partial<ControllerManagerOptions> & { identity?: string; lag_ms?: number } = {}): RunningManager {
    const { identity, lag_ms = 0, ...rest } = options;
    const stop = new AbortController();
    let dead = false;
    const manager: RunningManager = {
      beforeWrite: undefined,
      afterWrite: undefined,
      kill: () => {
        dead = true;
        stop.abort();
      },
      stop: async () => {
        stop.abort();
        await this.settleWhile(ended);
      },
      get ended() {
        return ended;
      },
    };
    const never = () => new Promise<never>(() => undefined);
    const wrap = (handler: ApiHandler): ApiHandler => async (request) => {
      if (dead) return never();
      const election = identity !== undefined && request.url.includes("/leases");
      const write = request.method !== "GET" && !election;
      if (write) manager.beforeWrite?.(request);
      const response = await handler(request);
      if (write) manager.afterWrite?.(request);
      if (dead) return never();
      return response.body.type === "watch" && lag_ms > 0 && request.url.startsWith("/api/v1/pods") ? { ...response, body: { type: "watch", batches: this.#late(response.body.batches, lag_ms) } } : response;
    };
    const random = seededRandom(100 + this.#seed++);
    const client = this.clientAs(CONTROLLER_MANAGER_USER, wrap);
    const leaderElection = identity === undefined ? (false as const) : { identity };
    const ended = runControllerManager({ client, clock: this.clock, random, logger: this.logger, leaderElection, rootCa: "CA", ...rest }, stop.signal);
    this.#stops.push(async () => {
      if (!dead) await manager.stop();
    });
    return manager;
  }

  startNodes(options: Partial<HollowNodesOptions> = {}): HollowNodes {
    const stop = new AbortController();
    const hollow = new HollowNodes({ client: this.admin, clock: this.clock, random: seededRandom(this.#seed++), logger: this.logger, names: ["node-1", "node-2", "node-3"], bind: true, ...options });
    const ended = hollow.run(stop.signal);
    this.#stops.push(async () => {
      stop.abort();
      await this.settleWhile(ended);
    });
    return hollow;
  }

  /** Virtual time passes, and what the server has to do is done in between. */
  async pass(duration_ms: number, step_ms = STEP_MS): Promise<void> {
    for (let passed_ms = 0; passed_ms < duration_ms; passed_ms += step_ms) {
      await this.clock.advance(Math.min(step_ms, duration_ms - passed_ms));
      await this.#settle();
    }
  }

  /** Lets time pass until `check` throws no more; its last error when that takes too long. */
  async eventually<T>(check: () => Promise<T>, limit_ms = LIMIT_MS, step_ms = STEP_MS): Promise<T> {
    const end_ms = this.clock.now_ms() + limit_ms;
    for (;;) {
      try {
        return await check();
      } catch (error) {
        if (this.clock.now_ms() >= end_ms) throw error;
      }
      await this.pass(step_ms, step_ms);
    }
  }

  /** Lets time pass until a promise is settled. */
  async settleWhile(promise: Promise<unknown>): Promise<void> {
    let pending = true;
    const end = () => {
      pending = false;
    };
    promise.then(end, end);
    while (pending) await this.pass(STEP_MS);
    await promise;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.reverse()) await stop();
    await this.server.stop();
  }

  async *#late<B>(batches: AsyncIterable<B>, lag_ms: number): AsyncGenerator<B> {
    for await (const batch of batches) {
      await this.clock.sleep(lag_ms);
      yield batch;
    }
  }

  #counted(handler: ApiHandler): ApiHandler {
    return async (request) => {
      this.#inFlight++;
      try {
        return await handler(request);
      } finally {
        this.#inFlight--;
      }
    };
  }

  /** Until no request is under way and the store has been quiet for some turns of the event loop. */
  async #settle(): Promise<void> {
    let revision = await this.server.store.revision();
    for (let quiet = 0; quiet < 3; ) {
      for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
      const now = await this.server.store.revision();
      quiet = now === revision && this.#inFlight === 0 ? quiet + 1 : 0;
      revision = now;
    }
  }
}


/** A test with a cluster of its own, which is gone when the test ends, whatever happens. */
export function clusterTest(title: string, run: (t: ExecutionContext, cluster: TestCluster) => Promise<void>): void {
  test(title, async (t) => {
    const cluster = await TestCluster.start();
    try {
      await run(t, cluster);
    } finally {
      await cluster.stop();
    }
  });
}
