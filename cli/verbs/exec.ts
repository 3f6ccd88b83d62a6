import type { Readable, Writable } from "node:stream";
import { exitCodeOf, openExec } from "../../client/stream.ts";
import { containerOf, podsOf } from "../api/pods-of.ts";
import type { Session } from "../api/session.ts";
import { UserError } from "../user-error.ts";

export interface ExecOptions {
  readonly container: string | undefined;
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** The terminal or pipes of this process. */
export interface Terminal {
  readonly stdin: Readable & { isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly stdout: Writable & { isTTY?: boolean; columns?: number; rows?: number };
  readonly stderr: Writable;
}

/** `berth exec POD -- COMMAND`: runs it with this process' streams; without a command it attaches to what the container runs. @returns its exit code */
export async function exec(session: Session, words: readonly string[], command: readonly string[] | undefined, options: ExecOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const [pod] = await podsOf(session, words);
  if (pod === undefined) return 1;
  const tty = options.tty && terminal.stdin.isTTY === true;
  if (options.tty && !tty) terminal.stderr.write("berth: standard input is not a terminal, so -t has no effect\n");
  const running = await openExec(
    session.streams,
    {
      pod: { namespace: pod.metadata.namespace, name: pod.metadata.name ?? "" },
      container: containerOf(pod, options.container),
      ...(command === undefined ? {} : { command }),
      stdin: options.stdin,
      tty,
    },
  );
  const onAbort = () => running.close();
  signal.addEventListener("abort", onAbort, { once: true });
  const resize = () => running.resize(terminal.stdout.columns ?? 80, terminal.stdout.rows ?? 24);
  try {
    if (tty) {
      terminal.stdin.setRawMode?.(true);
      resize();
      terminal.stdout.on("resize", resize);
    }
    if (options.stdin) terminal.stdin.pipe(running.stdin);
    running.stdout.pipe(terminal.stdout, { end: false });
    running.stderr.pipe(terminal.stderr, { end: false });
    const status = await running.status;
    await Promise.all([ended(running.stdout), ended(running.stderr)]);
    const code = exitCodeOf(status);
    if (code === undefined) throw new UserError(status.message ?? "the command could not be run");
    return code;
  } finally {
    signal.removeEventListener("abort", onAbort);
    terminal.stdout.off("resize", resize);
    if (tty) terminal.stdin.setRawMode?.(false);
    terminal.stdin.unpipe();
    terminal.stdin.destroy();
    running.close();
  }
}

function ended(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) resolve();
    else stream.once("end", resolve).once("close", resolve);
  });
}
