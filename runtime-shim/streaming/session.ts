import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";

/** How a command ended, as the client is told. */
export type StreamStatus = { readonly exitCode: number; readonly command: readonly string[] } | { readonly error: string };

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** A client of exec or attach, whatever protocol it speaks. A stream that it did not ask for is absent. */
export interface CommandSession {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Called with each size that the client's terminal takes. */
  onResize(resized: (size: TerminalSize) => void): void;
  /** Called once when the client is gone. */
  onClose(closed: () => void): void;
  /** Tells the client how it ended, after all output, and closes. */
  end(status: StreamStatus): void;
}

/** Resolves when all that was written has been taken by the client, or never will be. */
export async function flushed(outputs: readonly (Writable | undefined)[]): Promise<void> {
  await Promise.all(
    outputs.map((output) => {
      if (output === undefined || output.destroyed) return undefined;
      output.end();
      return finished(output, { readable: false }).catch(() => undefined);
    }),
  );
}

/** How it ended in the words of protocols older than v4: nothing for success. */
export function statusText(status: StreamStatus): string {
  return "exitCode" in status && status.exitCode === 0 ? "" : String((statusObject(status) as { message?: string }).message);
}

/** `{"Width":80,"Height":24}`. */
export function parseSize(payload: string): TerminalSize | undefined {
  try {
    const { Width, Height } = JSON.parse(payload) as { Width?: unknown; Height?: unknown };
    return typeof Width === "number" && typeof Height === "number" ? { width: Width, height: Height } : undefined;
  } catch {
    return undefined;
  }
}

/** The `Status` that clients read the exit code from. */
export function statusObject(status: StreamStatus): unknown {
  if ("error" in status) {
    const message = `error executing command in container: ${status.error}`;
    return { metadata: {}, status: "Failure", message: `Internal error occurred: ${message}`, reason: "InternalError", details: { causes: [{ message }] }, code: 500 };
  }
  if (status.exitCode === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: error executing command [${status.command.join(" ")}], exit code ${status.exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(status.exitCode) }] },
  };
}
