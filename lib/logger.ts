import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { pino, stdTimeFunctions, type Logger as PinoLogger } from "pino";

export type Logger = PinoLogger;
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A log file is renamed to FILE.1 when it grows past this; so two files of this size are the most that a log takes. */
const MAX_LOG_FILE_BYTES = 16 * 1024 * 1024;

/** A JSON-lines logger on stderr, or on a file that is kept below twice MAX_LOG_FILE_BYTES. */
export function createLogger(options: { name: string; level?: LogLevel | undefined; file?: string | undefined }): Logger {
  const settings = { name: options.name, level: options.level ?? "info", base: { name: options.name }, timestamp: stdTimeFunctions.isoTime };
  return options.file === undefined ? pino(settings, pino.destination({ dest: 2, sync: true })) : pino(settings, boundedFile(options.file));
}

/** A logger that says nothing: for tests. */
export const silentLogger: Logger = pino({ level: "silent" });

function boundedFile(path: string): { write(line: string): void } {
  let fd = openSync(path, "a", 0o640);
  let size_bytes = fstatSync(fd).size;
  return {
    write(line) {
      if (size_bytes > MAX_LOG_FILE_BYTES) {
        closeSync(fd);
        renameSync(path, `${path}.1`);
        fd = openSync(path, "a", 0o640);
        size_bytes = 0;
      }
      size_bytes += writeSync(fd, line);
    },
  };
}
