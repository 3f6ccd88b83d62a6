import { readFile } from "node:fs/promises";
import { ConfigurationError, parseConfiguration } from "../../scheduler/configuration/parse.ts";
import type { SchedulerConfiguration } from "../../scheduler/configuration/configuration.ts";
import { UserError } from "../user-error.ts";

/** The scheduler's configuration from its file; undefined without one. @throws UserError naming each wrong field */
export async function readSchedulerConfiguration(path: string | undefined): Promise<SchedulerConfiguration | undefined> {
  if (path === undefined) return undefined;
  try {
    return parseConfiguration(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UserError(`--scheduler-config ${path}:\n${error.message}\nmanifests/examples/scheduler.yaml shows every field`, 2);
    throw new UserError(`--scheduler-config ${path}: ${(error as Error).message}`, 2);
  }
}
