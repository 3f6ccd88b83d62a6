import { spawn, type ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { ReadStream } from "node:tty";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { prepareExec } from "../container/exec-process.ts";
import { recordExit } from "../container/exited.ts";
import { containerOf, type ShimContext } from "../context.ts";
import { CriError, messageOf } from "../errors.ts";
import { CHILD_PATH } from "../os/processes.ts";
import { openPty, setTerminalSize } from "../os/pty.ts";
import type { CommandSession } from "./session.ts";

type Request = Message<"ExecRequest">;

/** Output of a command that ended may be held open by what it left behind: not longer than this. */
const DRAIN_MS = 1_000;

/** Checks an exec and gives the URL at which a client may run it, once. */
export async function exec(context: ShimContext, issue: (request: Request) => string, request: Request): Promise<Init<"ExecResponse">> {
  const record = containerOf(context, request.containerId);
  recordExit(context, record);
  if (record.phase !== "running") throw new CriError("FAILED_PRECONDITION", `container ${record.id} is ${record.phase}, not running`);
  if (request.tty && request.stderr) throw new CriError("INVALID_ARGUMENT", "exec: a terminal has no separate stderr");
  if (!request.stdin && !request.stdout && !request.stderr) throw new CriError("INVALID_ARGUMENT", "exec: none of stdin, stdout and stderr is asked for");
  return { url: issue({ ...request, containerId: record.id }) };
}

/** Runs the command for a client that came to the URL. Ends the session; never throws. */
export async function serveExec(context: ShimContext, request: Request, session: CommandSession): Promise<void> {
  let release = () => {};
  try {
    const record = containerOf(context, request.containerId);
    const process = prepareExec(context, record, request.cmd, request.tty);
    release = process.release;
    let gone = false;
    const start = request.tty ? startOnTerminal : startOnPipes;
    const running = start(context, process.args, session);
    session.onClose(() => {
      gone = true;
      process.kill();
      running.child.kill("SIGTERM");
    });
    const exitCode = await running.ended;
    if (!gone) session.end({ exitCode, command: request.cmd });
  } catch (error) {
    session.end({ error: messageOf(error) });
  } finally {
    release();
  }
}

interface Running {
  readonly child: ChildProcess;
  /** Exit code, once all output is with the session. */
  readonly ended: Promise<number>;
}

function startOnPipes(context: ShimContext, args: readonly string[], session: CommandSession): Running {
  const child = spawn(context.runtime.path, args, { env: { PATH: CHILD_PATH }, stdio: [session.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
  if (child.stdin !== null) {
    child.stdin.on("error", () => {}); // the command need not read what it is sent
    session.stdin?.pipe(child.stdin);
  }
  for (const [from, to] of [[child.stdout, session.stdout], [child.stderr, session.stderr]] as const) {
    if (to === undefined) from?.resume();
    else from?.pipe(to, { end: false });
  }
  return { child, ended: exitAfterOutput(context, child) };
}

/** The runtime copies between our terminal and the one it makes in the container; it takes our size when told that it changed. */
function startOnTerminal(context: ShimContext, args: readonly string[], session: CommandSession): Running {
  const { master, slave } = openPty();
  let child: ChildProcess;
  try {
    child = spawn(context.runtime.path, args, { env: { PATH: CHILD_PATH }, stdio: [slave, slave, slave], detached: true });
  } finally {
    closeSync(slave);
  }
  const terminal = new ReadStream(master);
  session.onResize(({ width, height }) => {
    if (terminal.destroyed) return;
    setTerminalSize(master, width, height);
    child.kill("SIGWINCH");
  });
  if (session.stdin !== undefined) session.stdin.pipe(terminal, { end: false });
  if (session.stdout !== undefined) terminal.pipe(session.stdout, { end: false });
  else terminal.resume();
  const drained = new Promise<void>((resolve) => {
    // EIO: the last one that had the other end open is gone.
    terminal.once("error", () => resolve());
    terminal.once("close", () => resolve());
  });
  const ended = exitAfterOutput(context, child).then(async (exitCode) => {
    await Promise.race([drained, context.clock.sleep(DRAIN_MS)]);
    terminal.destroy();
    return exitCode;
  });
  return { child, ended };
}

/** Resolves once the process has ended and its pipes are read to their ends, or a little after it has ended. */
function exitAfterOutput(context: ShimContext, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 137));
    child.once("exit", (code) => {
      context.clock.after(DRAIN_MS, () => resolve(code ?? 137), { background: true });
    });
  });
}
