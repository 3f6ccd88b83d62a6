import { pino, type Logger as PinoLogger } from "pino";

export type Logger = PinoLogger;
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** A JSON-lines logger on stderr (file descriptor 2), or on `destination` when given. */
export function createLogger(options: { name: string; level?: LogLevel; destination?: string }): Logger {
  const stream = pino.destination({ dest: options.destination ?? 2, sync: true });
  return pino({ name: options.name, level: options.level ?? "info", base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/** A logger that says nothing: for tests. */
export const silentLogger: Logger = pino({ level: "silent" });
