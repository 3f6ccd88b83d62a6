import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { EtcdTlsOptions } from "../../store/etcd/grpc-connection.ts";
import type { Store } from "../../store/store.ts";
import type { storeOptions } from "../commands/processes.ts";
import type { OptionValues } from "../options.ts";
import { UserError } from "../user-error.ts";

/** Prefix of all keys in etcd: it may hold others' data too. */
const ETCD_PREFIX = "/berth";

type Values = OptionValues<(typeof storeOptions)[number]["name"] | "data-dir">;

/** The etcd of --etcd, else the embedded store below the data folder; only the one that is used is loaded. */
export async function openStore(values: Values, clock: Clock, logger: Logger): Promise<Store> {
  const { etcd } = values;
  if (etcd === undefined) {
    const { openEmbeddedStore } = await import("../../store/embedded/embedded-store.ts");
    return openEmbeddedStore({ dataDir: join(values["data-dir"] ?? "", "store"), clock, logger }).catch(asUserError);
  }
  const { openEtcdStore } = await import("../../store/etcd/etcd-store.ts");
  const tls = tlsOf(values);
  return openEtcdStore({ namespace: ETCD_PREFIX, endpoints: etcd.split(",").filter(Boolean), clock, logger, ...(tls === undefined ? {} : { tls }) }).catch(asUserError);
}

/** Stores say in words what is wrong with a folder or an endpoint. */
function asUserError(error: Error): never {
  throw new UserError(`cannot open the store: ${error.message}`);
}

function tlsOf(values: Values): EtcdTlsOptions | undefined {
  const { "etcd-cafile": ca, "etcd-certfile": certificate, "etcd-keyfile": key } = values;
  if ((certificate === undefined) !== (key === undefined)) throw new UserError("--etcd-certfile and --etcd-keyfile go together", 2);
  if (ca === undefined) {
    if (certificate !== undefined) throw new UserError("--etcd-certfile needs --etcd-cafile: the CA that etcd's own certificates are checked with", 2);
    return undefined;
  }
  return {
    ca: read("etcd-cafile", ca),
    ...(certificate === undefined ? {} : { cert: read("etcd-certfile", certificate) }),
    ...(key === undefined ? {} : { key: read("etcd-keyfile", key) }),
  };
}

function read(option: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`--${option}: ${(error as Error).message}`, 2);
  }
}
