import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { ReadStream } from "node:tty";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { outputDelivered } from "../container/exec-output.ts";
import { killSession, pidIn, startExec, writeExecFiles } from "../container/exec-process.ts";
import { recordExit } from "../container/exited.ts";
import { containerOf, type ShimContext } from "../context.ts";
import { CriError, messageOf } from "../errors.ts";
import { CHILD_PATH } from "../os/processes.ts";
import { openPty, setTerminalSize } from "../os/pty.ts";
import type { ContainerRecord } from "../state/records.ts";
import type { CommandSession } from "./session.ts";

type Request = Message<"ExecRequest">;

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
  try {
    const record = containerOf(context, request.containerId);
    const exitCode = await (request.tty ? onTerminal : onPipes)(context, record, request.cmd, session);
    session.end({ exitCode, command: request.cmd });
  } catch (error) {
    session.end({ error: messageOf(error) });
  }
}

async function onPipes(context: ShimContext, record: ContainerRecord, command: readonly string[], session: CommandSession): Promise<number> {
  const exec = await startExec(context, record, command, session.stdin !== undefined);
  let gone = false;
  try {
    session.onClose(() => {
      gone = true;
      exec.kill();
    });
    if (exec.stdin !== null) {
      exec.stdin.on("error", () => {}); // the command need not read what it is sent
      session.stdin?.pipe(exec.stdin);
    }
    for (const [from, to] of [[exec.stdout, session.stdout], [exec.stderr, session.stderr]] as const) {
      if (to === undefined) from.resume();
      else from.pipe(to, { end: false });
    }
    const exitCode = await exec.exited;
    await outputDelivered(context, [exec.stdout, exec.stderr], () => !gone && isBlocked(session));
    return exitCode;
  } finally {
    exec.release();
  }
}

/** The runtime copies between our terminal and the one it makes in the container; it takes our size when told that it changed. */
async function onTerminal(context: ShimContext, record: ContainerRecord, command: readonly string[], session: CommandSession): Promise<number> {
  const files = writeExecFiles(context, record, command, true);
  const { master, slave } = openPty();
  const child = spawn(context.runtime.path, files.args, { env: { PATH: CHILD_PATH }, stdio: [slave, slave, slave], detached: true });
  closeSync(slave);
  const terminal = new ReadStream(master);
  let gone = false;
  const hungUp = new Promise<void>((resolve) => {
    // EIO: the last one that had the other end open is gone.
    terminal.once("error", () => resolve());
    terminal.once("close", () => resolve());
  });
  try {
    session.onResize(({ width, height }) => {
      if (terminal.destroyed) return;
      setTerminalSize(master, width, height);
      child.kill("SIGWINCH");
    });
    session.onClose(() => {
      gone = true;
      const running = pidIn(files.pidFile);
      if (running !== undefined) killSession(context, record, running.pid, running.startTime);
      child.kill("SIGTERM");
    });
    session.stdin?.pipe(terminal, { end: false });
    if (session.stdout !== undefined) terminal.pipe(session.stdout, { end: false });
    else terminal.resume();
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 137));
    });
    await outputDelivered(context, [terminal], () => !gone && isBlocked(session), hungUp);
    return exitCode;
  } finally {
    terminal.destroy();
    files.release();
  }
}

/** The client has not taken what was written to it. */
function isBlocked(session: CommandSession): boolean {
  return [session.stdout, session.stderr].some((output) => output?.writableNeedDrain === true);
}
