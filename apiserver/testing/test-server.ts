import type { ApiHandler } from "../../api/exchange.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { Store } from "../../store/store.ts";
import type { ApiServer } from "../api-server-options.ts";
import type { KeyPair, Pki } from "../auth/pki.ts";

export interface TestServerOptions {
  /** Which store; `embedded` (in the test's own folder) where absent. */
  readonly store?: "embedded" | Store;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Share another test server's keys (two servers on one store). */
  readonly pki?: Pki;
  readonly serviceClusterIPRange?: string;
}

/** A whole API server on loopback with a folder of its own; `stop` removes all of it. */
export interface TestServer {
  readonly apiServer: ApiServer;
  readonly handler: ApiHandler;
  /** `https://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  /** CA certificate, PEM. */
  readonly ca: string;
  /** Client certificate of `kubernetes-admin`, group `system:masters`. */
  readonly admin: KeyPair;
  readonly adminKubeconfigPath: string;
  readonly pki: Pki;
  readonly store: Store;
  readonly dir: string;
  /** A client certificate of any user, for tests of access. */
  clientCertificate(subject: { commonName: string; organizations?: readonly string[] }): Promise<KeyPair>;
  stop(): Promise<void>;
}
