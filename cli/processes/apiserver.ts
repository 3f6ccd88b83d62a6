import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import type { ApiHandler } from "../../api/exchange.ts";
import { createApiServer } from "../../apiserver/api-server.ts";
import { issueServingCertificate, loadPki } from "../../apiserver/auth/pki.ts";
import { signRequest } from "../../apiserver/auth/request-signer.ts";
import { createHttpsServer } from "../../apiserver/http/https-server.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { systemRandom } from "../../lib/random.ts";
import { compactPeriodically, DEFAULT_COMPACTION } from "../../store/compactor.ts";
import type { apiserverOptions } from "../commands/processes.ts";
import { type OptionValues, parseHostPort } from "../options.ts";
import { UserError } from "../user-error.ts";
import type { ClusterAuthority } from "./control-loops.ts";
import { aborted, processLogger, runUntilStopped } from "./run-process.ts";
import { openStore } from "./store.ts";

export type ApiserverValues = OptionValues<(typeof apiserverOptions)[number]["name"]>;

/** A serving API server. */
export interface RunningApiserver {
  readonly handler: ApiHandler;
  readonly authority: Required<ClusterAuthority>;
  close(): Promise<void>;
}

/** Time that requests in flight get at the end. */
const CLOSE_GRACE_MS = 5000;

/** Opens the store, starts the API server over it and listens. @throws UserError about options, keys, store and port */
export async function startApiserver(values: ApiserverValues, logger: Logger): Promise<RunningApiserver> {
  const { host, port } = parseHostPort("listen", values.listen ?? "");
  const clock = systemClock;
  const pki = await loadPki({ dir: values["pki-dir"] ?? join(values["data-dir"] ?? "", "pki"), clock, random: systemRandom });
  const store = await openStore(values, clock, logger);
  const address = values["advertise-address"] ?? (isUnspecified(host) ? firstAddress() : host);
  const range = values["service-cluster-ip-range"] ?? "";
  const server = createApiServer({ store, clock, random: systemRandom, logger, pki, serviceClusterIPRange: range, allowPrivileged: values["allow-privileged"] !== undefined, advertise: { address, port } });
  try {
    await server.start();
    const hosts = servingHosts(host, address, range, values["tls-san"]);
    const serving = await issueServingCertificate(pki, { commonName: "kube-apiserver", hosts }, clock);
    const https = createHttpsServer({ handler: server.handler, serving, clientCa: pki.ca.certificate, clock, logger });
    await https.listen(host, port).catch((error: NodeJS.ErrnoException) => {
      throw new UserError(error.code === "EADDRINUSE" ? `port ${port} on ${host} is taken by another program; choose another with --listen` : `cannot listen on ${host}:${port}: ${error.message}`);
    });
    const compaction = new AbortController();
    const compacting = compactPeriodically(store, DEFAULT_COMPACTION, clock, logger, compaction.signal);
    logger.info({ url: `https://${host}:${port}`, store: values.etcd === undefined ? "embedded" : "etcd" }, "serving");
    return {
      handler: server.handler,
      authority: { certificate: pki.ca.certificate, sign: (request, usages, validity) => signRequest(pki.ca, request, usages, validity) },
      async close() {
        compaction.abort();
        await Promise.all([compacting, server.close(), https.close(CLOSE_GRACE_MS)]);
        await store.close();
      },
    };
  } catch (error) {
    await server.close().catch(() => undefined);
    await store.close();
    if (error instanceof Error && error.name === "ServerKeysMismatchError") throw new UserError(error.message);
    throw error;
  }
}

function isUnspecified(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function firstAddress(): string {
  const found = Object.values(networkInterfaces())
    .flat()
    .find((one) => one !== undefined && one.family === "IPv4" && !one.internal);
  return found?.address ?? "127.0.0.1";
}

/** Names and addresses that the certificate is good for: how clients outside and pods inside reach the server. */
function servingHosts(host: string, address: string, serviceRange: string, more: string | undefined): string[] {
  const inCluster = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];
  const own = isUnspecified(host) ? Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((one) => one.address)) : [host];
  const all = ["localhost", "127.0.0.1", "::1", hostname(), address, firstServiceAddress(serviceRange), ...inCluster, ...own, ...(more ?? "").split(",").filter(Boolean)];
  return [...new Set(all.map((one) => one.replace(/%.*$/, "")))];
}

/** The first address of the range: that of the Service `default/kubernetes`. */
function firstServiceAddress(range: string): string {
  const match = /^(\d+\.\d+\.\d+)\.(\d+)\/\d+$/.exec(range);
  if (match === null) throw new UserError(`--service-cluster-ip-range ${range}: write an IPv4 range such as 10.96.0.0/16`, 2);
  return `${match[1]}.${Number(match[2]) + 1}`;
}

/** `berth apiserver`: the API server alone. */
export async function runApiserver(values: ApiserverValues): Promise<void> {
  const logger = processLogger("apiserver", values);
  await runUntilStopped(logger, async (signal) => {
    const apiserver = await startApiserver(values, logger);
    await aborted(signal);
    await apiserver.close();
  });
}
