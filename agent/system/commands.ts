import { execFile } from "node:child_process";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Processes as a constructor argument: tests need not be root. */
export interface Commands {
  /** Runs a program to its end; only a program that cannot be run at all, or takes too long, rejects. */
  run(program: string, args: readonly string[]): Promise<CommandResult>;
}

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

export const systemCommands: Commands = {
  run(program, args) {
    return new Promise((resolve, reject) => {
      execFile(program, args, { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
        if (error === null) return resolve({ code: 0, stdout, stderr });
        if (typeof error.code === "number") return resolve({ code: error.code, stdout, stderr });
        reject(new Error(`${program} ${args.join(" ")}: ${error.killed ? `gave up after ${TIMEOUT_MS / 1000} s` : error.message}`, { cause: error }));
      });
    });
  },
};
