import type { ApiHandler, UserInfo } from "../../api/exchange.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Client } from "../client.ts";
import { RestClient } from "../rest-client.ts";

export interface InProcessOptions {
  readonly clock: Clock;
  readonly userAgent?: string;
}

/** A Client that calls the API server in this process as `user`: the same chain as over TLS, without socket and serialisation. */
export function createInProcessClient(handler: ApiHandler, user: UserInfo, options: InProcessOptions): Client {
  return new RestClient({ ...options, transport: async (request) => handler({ ...request, user, acceptsObjects: true }) });
}
