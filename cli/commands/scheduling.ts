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
  registerRebalance(program);
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

function registerRebalance(program: Command): void {
  common(program.command("rebalance"))
    .helpGroup(GROUP)
    .description("move pods so that nodes become empty, waiting pods get room, and less is left unused")
    .option("--dry-run", "print the plan and the gain, move nothing")
    .option("--budget <N|N%>", "most pods that are moved", "5%")
    .option("--goals <LIST>", "in this order: make-room, empty-nodes, defragment", "make-room,empty-nodes,defragment")
    .option("--max-priority <N>", "pods above this priority stay")
    .option("--local-data", "move pods with emptyDir or hostPath volumes too; what is in them is lost")
    .option("--timeout <DURATION>", "how long a moved pod may take to run elsewhere", "2m")
    .option("--every <DURATION>", "go on: rebalance again after this long")
    .option("-o, --output <FORMAT>", "json: the plan")
    .addHelpText(
      "after",
      `
A pod is moved by evicting it: its controller makes another, and the scheduler places that one. Before each eviction the cluster is
read anew and the scheduler's own queue, filters and scores prove that the new pod gets another place, with every other pending
pod in its way and nobody preempted. Then the eviction API is asked, which keeps PodDisruptionBudgets, and the next pod is
moved when the last one has a node and is ready. The first pod that fares otherwise stops it.
Left alone: pods without a controller, of Jobs and DaemonSets, static and critical ones, those with local data, and those that say
cluster-autoscaler.kubernetes.io/safe-to-evict: "false". While a node is worked on it carries the soft taint berth.dev/rebalancing.

  berth rebalance --dry-run                         what would it gain?
  berth rebalance --goals empty-nodes --budget 20   empty nodes with at most 20 moves
  berth rebalance --every 1h                        keep at it (off unless you start it)`,
    )
    .action(async (options) => {
      const json = jsonWanted(options.output);
      const [{ rebalance }, { GOALS }, { systemClock }, { defaultConfiguration }, { parseDuration_s }] = await Promise.all([
        import("../verbs/rebalance/rebalance.ts"),
        import("../../scheduler/rebalance/plan.ts"),
        import("../../lib/clock.ts"),
        import("../../scheduler/configuration/configuration.ts"),
        import("../options.ts"),
      ]);
      const goals = (options.goals as string).split(",").map((name) => {
        const goal = GOALS.find((one) => one === name);
        if (goal === undefined) throw new UserError(`--goals ${name}: goals are ${GOALS.join(", ")}`, 2);
        return goal;
      });
      if (options.maxPriority !== undefined && !/^-?\d+$/.test(options.maxPriority)) throw new UserError(`--max-priority ${options.maxPriority}: not a whole number`, 2);
      const settings = {
        dryRun: options.dryRun === true,
        json,
        colours: colours(),
        budget: options.budget as string,
        goals,
        maxPriority: options.maxPriority === undefined ? undefined : Number(options.maxPriority),
        localData: options.localData === true,
        timeout_ms: parseDuration_s("timeout", options.timeout) * 1000,
        every_ms: options.every === undefined ? undefined : parseDuration_s("every", options.every) * 1000,
        clock: systemClock,
        configuration: defaultConfiguration,
        out: (text: string) => void process.stdout.write(text),
      };
      await withSession(options, (session, signal) => rebalance(session, settings, signal));
    });
}
