import type { ApiHandler, ApiRequest } from "../../api/exchange.ts";
import { startTestServer } from "../../apiserver/testing/test-server.ts";
import { VirtualServer } from "../../client/testing/virtual-server.ts";
import { type Logger, silentLogger } from "../../lib/logger.ts";
import { seededRandom } from "../../lib/random.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { HollowNodes, type HollowNodesOptions } from "../../sim/hollow-node.ts";
import { CONTROLLER_MANAGER_USER, type ControllerManagerOptions, runControllerManager } from "../manager.ts";

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
export class TestCluster extends VirtualServer {
  readonly #stops: (() => Promise<void>)[] = [];
  #seed = 1;

  static override async start(logger: Logger = silentLogger): Promise<TestCluster> {
    const clock = new VirtualClock();
    return new TestCluster(await startTestServer({ clock, random: seededRandom(7), logger }), clock, logger);
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

  override async stop(): Promise<void> {
    for (const stop of this.#stops.reverse()) await stop();
    await super.stop();
  }

  async *#late<B>(batches: AsyncIterable<B>, lag_ms: number): AsyncGenerator<B> {
    for await (const batch of batches) {
      await this.clock.sleep(lag_ms);
      yield batch;
    }
  }
}
