import type { Command } from "commander";
import { UserError } from "../user-error.ts";
import { common, withSession } from "./objects.ts";

const GROUP = "Scheduling:";

/** Only on a terminal, and not when the user has said no (no-color.org). */
function colours(): boolean {
  return process.stdout.isTTY === true && !process.env.NO_COLOR;
}

function jsonWanted(format: string | undefined): boolean {
  if (format !== undefined && format !== "json") throw new UserError(`-o ${format}: the one format is json`, 2);
  return format === "json";
}

/** `berth why|pack|rebalance`: what the scheduler does, would do, and could do better. */
export function registerSchedulingCommands(program: Command): void {
  registerWhy(program);
}

function registerWhy(program: Command): void {
  common(program.command("why").argument("<POD|TYPE/NAME>", "a pod, or deploy/hello for its pending pods"))
    .helpGroup(GROUP)
    .description("tell why a pod has no node, and what would give it one; or why it is on its node")
    .option("-o, --output <FORMAT>", "json")
    .addHelpText(
      "after",
      `
The cluster is read and judged here by the scheduler's own rules; nothing is changed.
It tells, for a pod without a node: each reason and the nodes that give it; what is missing on the nearest ones, to the last
CPU; and the smallest change that makes it fit, tried before it is said. For a placed pod: each score beside the next best.

  berth why web-6f7c                 a pod
  berth why -n shop deploy/cart      the pending pods of a deployment
  berth why web-6f7c -o json         all nodes, for scripts`,
    )
    .action(async (word: string, options) => {
      const json = jsonWanted(options.output);
      const [{ why }, { systemClock }, { defaultConfiguration }] = await Promise.all([import("../verbs/why/why.ts"), import("../../lib/clock.ts"), import("../../scheduler/configuration/configuration.ts")]);
      const settings = { json, colours: colours(), clock: systemClock, configuration: defaultConfiguration };
      await withSession(options, async (session, signal) => void process.stdout.write(await why(session, [word], settings, signal)));
    });
}
