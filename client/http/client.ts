import { readFile } from "node:fs/promises";
import type { Clock } from "../../lib/clock.ts";
import type { Client } from "../client.ts";
import type { Connection } from "../kubeconfig.ts";
import { RestClient } from "../rest-client.ts";
import { HttpTransport } from "./transport.ts";

export interface HttpClientOptions {
  readonly clock: Clock;
  readonly userAgent?: string;
  /** Deadline of an answer; 30 s unless said otherwise. Streams have it on their headers only. */
  readonly timeout_ms?: number;
  readonly maxRetries?: number;
}

/** A Client over HTTPS. `close` ends its sockets, watches included. */
export function createHttpClient(connection: Connection, options: HttpClientOptions): Client {
  const transport = new HttpTransport(connection, {
    clock: options.clock,
    readFile: (path) => readFile(path, "utf8"),
    ...(options.timeout_ms === undefined ? {} : { timeout_ms: options.timeout_ms }),
  });
  return new RestClient({ ...options, transport: (request) => transport.send(request), close: () => transport.close() });
}
