import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Client } from "../../client/client.ts";
import { createHttpClient } from "../../client/http/client.ts";
import { type Connection, loadKubeconfig } from "../../client/kubeconfig.ts";
import { systemClock } from "../../lib/clock.ts";
import { UserError } from "../user-error.ts";

/** The connection of a process's --kubeconfig. @throws UserError with `hint` when it cannot be used */
export function connectionOf(kubeconfig: string, hint: string): Promise<Connection> {
  const readOptional = async (path: string) => (existsSync(path) ? readFile(path, "utf8") : undefined);
  return loadKubeconfig({ paths: [kubeconfig], readFile: readOptional }).catch((error: Error) => {
    throw new UserError(`--kubeconfig: ${error.message}. ${hint}`);
  });
}

/** What a component that runs alone works with. `userAgent` names it as its writer in `managedFields`, where tools look for Kubernetes' names. */
export async function openComponent(kubeconfig: string, userAgent: string): Promise<{ client: Client; connection: Connection }> {
  const connection = await connectionOf(kubeconfig, "Make one with: berth kubeconfig");
  const client = createHttpClient(connection, { clock: systemClock, userAgent });
  return { client, connection };
}
