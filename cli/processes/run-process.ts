import { systemClock } from "../../lib/clock.ts";
import { createLogger, LOG_LEVELS, type Logger, type LogLevel } from "../../lib/logger.ts";
import { UserError } from "../user-error.ts";
import { keepMemorySmall } from "./resting-memory.ts";

/** Where the options of every process lead. @throws UserError for an unknown level */
export function processLogger(name: string, values: { readonly "log-level": string | undefined; readonly "log-file": string | undefined }): Logger {
  const level = LOG_LEVELS.find((one) => one === values["log-level"]);
  if (level === undefined) throw new UserError(`--log-level ${values["log-level"]}: write one of ${LOG_LEVELS.join(", ")}`, 2);
  return createLogger({ name, level: level as LogLevel, file: values["log-file"] });
}

/**
 * Runs `body` until it ends or SIGTERM or SIGINT aborts its signal; a second signal ends the process at once.
 * An error that nobody caught is logged and ends the process: its supervisor starts it from the state on disk.
 */
export async function runUntilStopped(logger: Logger, body: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(1);
    logger.info({ signal: name }, "stopping");
    stop.abort(new Error(`stopped by ${name}`));
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  process.on("uncaughtException", (error, origin) => {
    logger.fatal({ err: error, origin }, "uncaught error");
    process.exit(70);
  });
  const stopLooking = keepMemorySmall(systemClock, logger);
  try {
    await body(stop.signal);
  } finally {
    stopLooking();
    process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
  }
  // Nothing may keep a stopped process alive (a keep-alive socket, a worker that hangs).
  process.exit(process.exitCode ?? 0);
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
