import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Client } from "../../client/client.ts";
import { createHttpClient } from "../../client/http/client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { StreamTarget } from "../../client/websocket.ts";
import { systemClock } from "../../lib/clock.ts";
import { adminKubeconfigPath } from "../kubeconfig.ts";
import { DEFAULT_DATA_DIR } from "../options.ts";
import { UserError } from "../user-error.ts";
import { discover, type ResourceMapper } from "./resource-mapper.ts";

/** How a command reaches the cluster. */
export interface Session {
  readonly client: Client;
  /** What exec and port-forward open their WebSockets with. */
  readonly streams: StreamTarget;
  /** Namespace of --namespace, else of the context, else `default`. */
  readonly namespace: string;
  /** What the server serves; asked once. */
  mapper(): Promise<ResourceMapper>;
  close(): void;
}

export interface SessionOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly env: NodeJS.ProcessEnv;
}

/** --kubeconfig, else KUBECONFIG, else the cluster of this machine, else ~/.kube/config. */
function kubeconfigPaths(options: SessionOptions): string[] {
  if (options.kubeconfig !== undefined) return [options.kubeconfig];
  if (options.env.KUBECONFIG) return options.env.KUBECONFIG.split(delimiter).filter(Boolean);
  const own = adminKubeconfigPath(options.env.BERTH_DATA_DIR || DEFAULT_DATA_DIR);
  if (existsSync(own)) return [own];
  return [join(options.env.HOME ?? "/root", ".kube", "config")];
}

/** @throws UserError when there is no usable kubeconfig */
export async function openSession(options: SessionOptions): Promise<Session> {
  const paths = kubeconfigPaths(options);
  const connection = await loadKubeconfig({
    paths,
    ...(options.context === undefined ? {} : { context: options.context }),
    readFile: async (path) => (existsSync(path) ? readFile(path, "utf8") : undefined),
  }).catch((error: Error) => {
    throw new UserError(`${error.message}. Start a cluster with 'berth up', or name a kubeconfig with --kubeconfig or KUBECONFIG`);
  });
  const client = createHttpClient(connection, { clock: systemClock, userAgent: "berth" });
  let mapper: Promise<ResourceMapper> | undefined;
  return {
    client,
    streams: { connection, clock: systemClock, readFile: (path) => readFile(path, "utf8") },
    namespace: options.namespace ?? connection.namespace ?? "default",
    mapper: () => (mapper ??= discover(client)),
    close: () => client.close(),
  };
}
