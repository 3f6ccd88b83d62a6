import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiHandler } from "../../api/exchange.ts";
import type { KindEntry } from "../../api/kinds/kind.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { type Logger, silentLogger } from "../../lib/logger.ts";
import { type Random, systemRandom } from "../../lib/random.ts";
import { openEmbeddedStore } from "../../store/embedded/embedded-store.ts";
import type { Store } from "../../store/store.ts";
import type { ApiServer } from "../api-server-options.ts";
import { createApiServer } from "../api-server.ts";
import { kubeconfigText } from "../auth/kubeconfig.ts";
import { issueAdminCertificate, issueClientCertificate, issueServingCertificate, type KeyPair, loadPki, type Pki } from "../auth/pki.ts";
import { createHttpsServer } from "../http/https-server.ts";

export interface TestServerOptions {
  /** Which store; `embedded` (in the test's own folder) where absent. A store that is given stays open at `stop`. */
  readonly store?: "embedded" | Store;
  /** The API server's clock (timers of the transport are real); the system's where absent. */
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  /** Share another test server's keys (two servers on one store). */
  readonly pki?: Pki;
  readonly serviceClusterIPRange?: string;
  readonly allowPrivileged?: boolean;
  readonly watchBuffer?: { readonly maxItems: number; readonly maxBytes: number };
  /** What is served; all kinds where absent. */
  readonly kinds?: readonly KindEntry[];
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
  /** Client certificate of `admin`, group `system:masters`. */
  readonly admin: KeyPair;
  readonly adminKubeconfigPath: string;
  readonly pki: Pki;
  readonly store: Store;
  readonly dir: string;
  /** A client certificate of any user, for tests of access. */
  clientCertificate(subject: { commonName: string; organizations?: readonly string[] }): Promise<KeyPair>;
  stop(): Promise<void>;
}

const CLOSE_GRACE_MS = 1_000;

/** Starts a server and waits until it serves. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dir = await mkdtemp(join(tmpdir(), "berth-apiserver-"));
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const logger = options.logger ?? silentLogger;
  const pki = options.pki ?? (await loadPki({ dir: join(dir, "pki"), clock: systemClock, random: systemRandom }));
  const ownStore = options.store === undefined || options.store === "embedded";
  const store = ownStore ? await openEmbeddedStore({ dataDir: join(dir, "store"), clock: systemClock, logger }) : (options.store as Store);
  const { serviceClusterIPRange, allowPrivileged, watchBuffer, kinds } = options;
  const more = { ...(serviceClusterIPRange === undefined ? {} : { serviceClusterIPRange }), ...(allowPrivileged === undefined ? {} : { allowPrivileged }), ...(watchBuffer === undefined ? {} : { watchBuffer }), ...(kinds === undefined ? {} : { kinds }) };
  const apiServer = createApiServer({ store, clock, random, logger, pki, ...more });
  const serving = await issueServingCertificate(pki, { commonName: "berth-apiserver", hosts: ["127.0.0.1", "::1", "localhost"] }, systemClock);
  const https = createHttpsServer({ handler: apiServer.handler, serving, clientCa: pki.ca.certificate, clock: systemClock, logger });
  const stop = async () => {
    await Promise.all([apiServer.close(), https.close(CLOSE_GRACE_MS)]);
    if (ownStore) await store.close();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await apiServer.start();
    const port = await https.listen("127.0.0.1", 0);
    const url = `https://127.0.0.1:${port}`;
    const admin = await issueAdminCertificate(pki, systemClock);
    const adminKubeconfigPath = join(dir, "admin.kubeconfig");
    await writeFile(adminKubeconfigPath, kubeconfigText({ server: url, ca: pki.ca.certificate, client: admin, userName: "kubernetes-admin" }), { mode: 0o600 });
    const clientCertificate = (subject: { commonName: string; organizations?: readonly string[] }) => issueClientCertificate(pki, subject, systemClock);
    return { apiServer, handler: apiServer.handler, url, port, ca: pki.ca.certificate, admin, adminKubeconfigPath, pki, store, dir, clientCertificate, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
