import type { Command } from "commander";
import type { SchedulerConfiguration } from "../../scheduler/configuration/configuration.ts";
import { UserError } from "../user-error.ts";
import { collectFiles, common, readStdin, withSession } from "./objects.ts";

const GROUP = "Scheduling:";

/** Only on a terminal, and not when the user has said no (no-color.org). */
function colours(): boolean {
  return process.stdout.isTTY === true && !process.env.NO_COLOR;
}

/** Like `common`, and the file with the scheduler's profiles. */
function scheduling(command: Command): Command {
  return common(command).helpGroup(GROUP).option("--scheduler-config <FILE>", "the scheduler's configuration, where it runs with one (default: built in)");
}

async function configurationOf(path: string | undefined): Promise<SchedulerConfiguration> {
  const [{ readSchedulerConfiguration }, { defaultConfiguration }] = await Promise.all([import("../processes/scheduler-configuration.ts"), import("../../scheduler/configuration/configuration.ts")]);
  return (await readSchedulerConfiguration(path)) ?? defaultConfiguration;
}

function jsonWanted(format: string | undefined): boolean {
  if (format !== undefined && format !== "json") throw new UserError(`-o ${format}: the one format is json`, 2);
  return format === "json";
}

/** `berth why|pack|rebalance`: what the scheduler does, would do, and could do better. */
export function registerSchedulingCommands(program: Command): void {
  registerWhy(program);
  registerPack(program);
  registerRebalance(program);
}

function registerWhy(program: Command): void {
  scheduling(program.command("why").argument("<POD|TYPE/NAME>", "a pod, or deploy/hello for its pending pods"))
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
      const [{ why }, { systemClock }, configuration] = await Promise.all([import("../verbs/why/why.ts"), import("../../lib/clock.ts"), configurationOf(options.schedulerConfig)]);
      const settings = { json, colours: colours(), clock: systemClock, configuration };
      await withSession(options, async (session, signal) => void process.stdout.write(await why(session, [word], settings, signal)));
    });
}

function registerRebalance(program: Command): void {
  scheduling(program.command("rebalance"))
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
      const [{ rebalance }, { GOALS }, { systemClock }, configuration, { parseDuration_s }] = await Promise.all([
        import("../verbs/rebalance/rebalance.ts"),
        import("../../scheduler/rebalance/plan.ts"),
        import("../../lib/clock.ts"),
        configurationOf(options.schedulerConfig),
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
        configuration,
        out: (text: string) => void process.stdout.write(text),
      };
      await withSession(options, (session, signal) => rebalance(session, settings, signal));
    });
}

function registerPack(program: Command): void {
  scheduling(program.command("pack"))
    .description("tell how many nodes a workload needs, how well they are used, and what is left unusable")
    .option("-f, --filename <FILE>", "workload: files, folders or - (standard input); may be repeated", collectFiles)
    .option("-R, --recursive", "folders with all below them")
    .option("--node <KIND>", "a kind of node that can be had: cpu=16,memory=64Gi,nvidia.com/gpu=8,label:zone=a|b,taint:K=V:NoSchedule,max=10,name=big; may be repeated", (text: string, before: string[] = []) => [...before, text])
    .option("--cluster", "with -f: on top of what runs in the live cluster")
    .option("--svg <FILE>", "write a picture")
    .option("-o, --output <FORMAT>", "json")
    .addHelpText(
      "after",
      `
Nothing is changed: pods are placed one after another by the scheduler's own queue, filters and scores on nodes that exist only here;
when no open node takes a pod, one of the first kind that takes it is opened. Pods, Deployments, ReplicaSets, StatefulSets, Jobs, CronJobs
(as many pods as they run at once) and DaemonSets (one on each node) of the files count; Node objects in them are kinds of nodes.

  berth pack -f shop/ --node cpu=16,memory=64Gi          how many such nodes for these files?
  helm template app | berth pack -f - --node cpu=8,memory=32Gi,label:topology.kubernetes.io/zone=a|b|c
  berth pack -f new.yaml --cluster                       does it fit beside what runs, and what else is needed?
  berth pack                                             the live cluster: how few of its nodes would do?
  berth pack --node cpu=64,memory=256Gi --svg pack.svg   the live cluster's pods on other machines, with a picture`,
    )
    .action(async (options) => {
      const json = jsonWanted(options.output);
      const [{ pack }, { workloadOf }, { parseNodeKind }, { readManifests }, { readCluster }, { systemClock }, configuration] = await Promise.all([
        import("../verbs/pack/pack.ts"),
        import("../verbs/pack/workload.ts"),
        import("../verbs/pack/node-kinds.ts"),
        import("../api/manifests.ts"),
        import("../../scheduler/explain/read-cluster.ts"),
        import("../../lib/clock.ts"),
        configurationOf(options.schedulerConfig),
      ]);
      const kinds = ((options.node as string[] | undefined) ?? []).map(parseNodeKind);
      const files = options.filename as string[] | undefined;
      const workload = files === undefined ? undefined : workloadOf(readManifests(files, options.recursive === true, readStdin), options.namespace ?? "default");
      const settings = { workload, kinds, svg: options.svg as string | undefined, json, colours: colours(), clock: systemClock, configuration };
      if (workload !== undefined && options.cluster !== true) return void process.stdout.write(pack({ ...settings, live: undefined }));
      await withSession(options, async (session, signal) => void process.stdout.write(pack({ ...settings, live: await readCluster(session.client, signal) })));
    });
}
