import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Session } from "../api/session.ts";
import type { Output } from "../verbs/get.ts";
import { UserError } from "../user-error.ts";

/** Options that every verb on objects has. */
interface CommonOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

const output: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};
const say = (line: string) => output.out(`${line}\n`);

/** Runs a verb with a session and a signal that Ctrl-C aborts; an ApiError becomes the server's message. */
export async function withSession(options: CommonOptions, verb: (session: Session, signal: AbortSignal) => Promise<void>): Promise<void> {
  const { openSession } = await import("../api/session.ts");
  const session = await openSession({ ...options, env: process.env });
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    await verb(session, stop.signal);
  } catch (error) {
    throw userErrorOf(error);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    session.close();
  }
}

/** The server's refusals and a server that is not there are the user's to know, without a stack. */
function userErrorOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === "ApiError") {
    const { status } = error as Error & { status: { reason?: string } };
    return new UserError(`error from server${status.reason ? ` (${status.reason})` : ""}: ${error.message}`);
  }
  if (error.name === "ConnectionError") return new UserError(`the API server cannot be reached: ${error.message}. Is it running? 'berth up' starts one on this machine`);
  if (error.name === "SelectorError") return new UserError(error.message, 2);
  return error;
}

export function common(command: Command): Command {
  return command
    .helpGroup("Objects:")
    .option("-n, --namespace <NAME>", "namespace (default: the context's, else default)")
    .option("--kubeconfig <FILE>", "kubeconfig (default: KUBECONFIG, else this machine's cluster, else ~/.kube/config)")
    .option("--context <NAME>", "context of the kubeconfig");
}

const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new UserError(`${JSON.stringify(text)} is not a whole number`, 2);
  return Number(text);
};

/** `-f FILE` may be repeated and may hold several, separated by commas. */
export const collectFiles = (text: string, before: string[] = []): string[] => [...before, ...text.split(",")];
export const readStdin = () => readFileSync(0, "utf8");

/** `berth get|describe|apply|delete|scale|rollout|logs|exec|attach|cp|port-forward`: the objects of a cluster. */
export function registerObjectCommands(program: Command): void {
  registerReading(program);
  registerWriting(program);
  registerRollout(program);
  registerStreams(program);
}

function registerReading(program: Command): void {
  common(program.command("get").argument("<TYPE...>", "pods, pod NAME, deploy/hello, pods,nodes, all"))
    .description("print objects")
    .option("-o, --output <FORMAT>", "json, yaml, wide or name")
    .option("-A, --all-namespaces", "of all namespaces")
    .option("-l, --selector <SELECTOR>", "label selector: app=web,tier!=db")
    .option("--field-selector <SELECTOR>", "field selector: status.phase=Running")
    .option("-w, --watch", "go on printing changes")
    .option("--no-headers", "no header line")
    .option("--show-labels", "a last column with the labels")
    .option("--ignore-not-found", "an absent object is no error")
    .action(async (words: string[], options) => {
      const { get } = await import("../verbs/get.ts");
      const { outputFormat } = await import("../output/object.ts");
      const verb = {
        output: outputFormat(options.output),
        allNamespaces: options.allNamespaces === true,
        labelSelector: options.selector,
        fieldSelector: options.fieldSelector,
        watch: options.watch === true,
        headers: options.headers !== false,
        showLabels: options.showLabels === true,
        ignoreNotFound: options.ignoreNotFound === true,
      };
      await withSession(options, (session, signal) => get(session, words, verb, output, signal));
    });
  common(program.command("describe").argument("<TYPE...>", "pod NAME, deploy/hello, nodes"))
    .description("tell what an object is, how it is, and what happened to it")
    .option("-l, --selector <SELECTOR>", "label selector")
    .action(async (words: string[], options) => {
      const { describe } = await import("../verbs/describe/describe.ts");
      const { systemClock } = await import("../../lib/clock.ts");
      await withSession(options, async (session) => output.out(await describe(session, words, options.selector, systemClock.now_ms())));
    });
}

function registerWriting(program: Command): void {
  common(program.command("apply").requiredOption("-f, --filename <FILE>", "file, folder or - (standard input); may be repeated", collectFiles))
    .description("create or change objects as files say")
    .option("-R, --recursive", "folders with all below them")
    .option("--dry-run", "let the server check, write nothing")
    .action(async (options) => {
      const [{ apply }, { readManifests }] = await Promise.all([import("../verbs/apply.ts"), import("../api/manifests.ts")]);
      const manifests = readManifests(options.filename, options.recursive === true, readStdin);
      await withSession(options, (session) => apply(session, manifests, { dryRun: options.dryRun === true, namespaceGiven: options.namespace !== undefined, say }));
    });
  common(program.command("delete").argument("[TYPE...]", "pod NAME, deploy/hello"))
    .description("delete objects, and wait until they are gone")
    .option("-f, --filename <FILE>", "delete what these files name", collectFiles)
    .option("-R, --recursive", "folders with all below them")
    .option("-l, --selector <SELECTOR>", "all of a type that a label selector selects")
    .option("--all", "all of a type in the namespace")
    .option("--grace-period <SECONDS>", "seconds that containers get to end", wholeNumber)
    .option("--now", "the same as --grace-period=1")
    .option("--force", "with --grace-period=0: remove the object at once, without word from the node")
    .option("--cascade <HOW>", "background, foreground or orphan", "background")
    .option("--no-wait", "do not wait until they are gone")
    .option("--ignore-not-found", "an absent object is no error")
    .option("--dry-run", "let the server check, delete nothing")
    .action(async (words: string[], options) => {
      const { runDelete } = await import("../verbs/run-delete.ts");
      await withSession(options, (session, signal) => runDelete(session, words, options, readStdin, say, signal));
    });
  common(program.command("scale").argument("<TYPE/NAME...>", "deploy/hello").requiredOption("--replicas <N>", "how many are wanted", wholeNumber))
    .description("set how many pods a workload has")
    .option("--current-replicas <N>", "only if it has so many now", wholeNumber)
    .action(async (words: string[], options) => {
      const { scale } = await import("../verbs/scale.ts");
      await withSession(options, async (session) => say(await scale(session, words, options.replicas, options.currentReplicas)));
    });
}

function registerRollout(program: Command): void {
  const rollout = program.command("rollout").helpGroup("Objects:").description("watch, undo, restart or pause a deployment's rollout");
  const verb = (name: string) => common(rollout.command(name).argument("<NAME...>", "deploy/hello"));
  const load = () => import("../verbs/rollout.ts");
  verb("status")
    .description("wait until a rollout is done, telling how it goes")
    .option("--no-watch", "tell once")
    .action((words: string[], options) => withSession(options, async (session, signal) => (await load()).watchRollout(session, words, { watch: options.watch !== false, say }, signal)));
  verb("history")
    .description("list the revisions")
    .action((words: string[], options) => withSession(options, async (session) => (await (await load()).rolloutHistory(session, words)).forEach(say)));
  verb("undo")
    .description("go back to the revision before, or to another one")
    .option("--to-revision <N>", "the revision (see history)", wholeNumber, 0)
    .action((words: string[], options) => withSession(options, async (session) => say(await (await load()).rolloutUndo(session, words, options.toRevision))));
  verb("restart")
    .description("replace every pod, as a rollout")
    .action((words: string[], options) =>
      withSession(options, async (session) => {
        const { rfc3339, systemClock } = await import("../../lib/clock.ts");
        say(await (await load()).rolloutRestart(session, words, rfc3339(systemClock.now_ms())));
      }),
    );
  for (const name of ["pause", "resume"] as const)
    verb(name)
      .description(name === "pause" ? "hold a rollout where it is" : "let a held rollout go on")
      .action((words: string[], options) => withSession(options, async (session) => say(await (await load()).rolloutPause(session, words, name === "pause"))));
}

function registerStreams(program: Command): void {
  common(program.command("logs").argument("<POD|TYPE/NAME>", "a pod, or deploy/hello"))
    .description("print what a container wrote")
    .option("-c, --container <NAME>", "which container")
    .option("--all-containers", "each container's")
    .option("-f, --follow", "go on printing")
    .option("-p, --previous", "of the container before its last restart")
    .option("--timestamps", "with the time of each line")
    .option("--tail <N>", "only the last lines", wholeNumber)
    .option("--since <DURATION>", "only what is newer: 30s, 5m, 1h")
    .option("--prefix", "name pod and container before each line")
    .action(async (word: string, options) => {
      const { logs } = await import("../verbs/logs.ts");
      const verb = {
        container: options.container,
        allContainers: options.allContainers === true,
        follow: options.follow === true,
        previous: options.previous === true,
        timestamps: options.timestamps === true,
        tail: options.tail,
        since: options.since,
        prefix: options.prefix === true,
      };
      await withSession(options, (session, signal) => logs(session, [word], verb, output, signal));
    });
  common(program.command("exec").argument("<POD|TYPE/NAME>", "a pod, or deploy/hello").argument("<COMMAND...>", "after --"))
    .description("run a command in a container; ends with its exit code")
    .option("-c, --container <NAME>", "which container")
    .option("-i, --stdin", "pass on standard input")
    .option("-t, --tty", "with a terminal")
    .action(async (word: string, command: string[], options) => {
      const { exec } = await import("../verbs/exec.ts");
      await withSession(options, async (session, signal) => {
        process.exitCode = await exec(session, [word], command, { container: options.container, stdin: options.stdin === true, tty: options.tty === true }, process, signal);
      });
    });
  common(program.command("attach").argument("<POD|TYPE/NAME>", "a pod, or deploy/hello"))
    .description("join the streams of what a container runs")
    .option("-c, --container <NAME>", "which container")
    .option("-i, --stdin", "pass on standard input")
    .option("-t, --tty", "with a terminal")
    .action(async (word: string, options) => {
      const { exec } = await import("../verbs/exec.ts");
      await withSession(options, async (session, signal) => {
        process.exitCode = await exec(session, [word], undefined, { container: options.container, stdin: options.stdin === true, tty: options.tty === true }, process, signal);
      });
    });
  common(program.command("cp").argument("<FROM>", "a path here, or [NAMESPACE/]POD:PATH").argument("<TO>", "the other of the two"))
    .description("copy files and folders to or from a container (it must have tar)")
    .option("-c, --container <NAME>", "which container")
    .action(async (from: string, to: string, options) => {
      const { copy } = await import("../verbs/cp.ts");
      await withSession(options, (session, signal) => copy(session, from, to, { container: options.container, warn: say }, signal));
    });
  common(program.command("port-forward").argument("<POD|TYPE/NAME>", "a pod, or deploy/hello").argument("<PORTS...>", "LOCAL:REMOTE, PORT, or :REMOTE for any free local port"))
    .description("reach a pod's ports from this machine")
    .option("--address <IP>", "where to listen", "127.0.0.1")
    .action(async (word: string, ports: string[], options) => {
      const { portForward } = await import("../verbs/port-forward.ts");
      await withSession(options, (session, signal) => portForward(session, [word], ports, { address: options.address, say }, signal));
    });
}
