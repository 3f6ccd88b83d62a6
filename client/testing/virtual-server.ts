import type { ApiHandler, UserInfo } from "../../api/exchange.ts";
import { startTestServer, type TestServer } from "../../apiserver/testing/test-server.ts";
import { type Logger, silentLogger } from "../../lib/logger.ts";
import { seededRandom } from "../../lib/random.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import type { Client } from "../client.ts";
import { createInProcessClient } from "../in-process/client.ts";

const ADMIN: UserInfo = { name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };
/** Virtual time between two looks, and how much of it `eventually` gives. */
const STEP_MS = 50;
const LIMIT_MS = 60_000;

/** A whole API server over the embedded store whose clock, and that of all its in-process clients, is the test's. */
export class VirtualServer {
  readonly clock: VirtualClock;
  readonly server: TestServer;
  readonly admin: Client;
  readonly logger: Logger;
  #inFlight = 0;

  constructor(server: TestServer, clock: VirtualClock, logger: Logger) {
    this.server = server;
    this.clock = clock;
    this.logger = logger;
    this.admin = this.clientAs(ADMIN);
  }

  static async start(logger: Logger = silentLogger): Promise<VirtualServer> {
    const clock = new VirtualClock();
    return new VirtualServer(await startTestServer({ clock, random: seededRandom(7), logger }), clock, logger);
  }

  /** `wrap` sees each request of this client, to fail, delay or observe it. */
  clientAs(user: UserInfo, wrap: (handler: ApiHandler) => ApiHandler = (handler) => handler): Client {
    return createInProcessClient(wrap(this.#counted(this.server.handler)), user, { clock: this.clock });
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

  stop(): Promise<void> {
    return this.server.stop();
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
