import type { Writable } from "node:stream";

/**
 * Says what a long command is doing. On a terminal the line is rewritten as the step ends; elsewhere each step is a plain line.
 */
export interface Progress {
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  say(line: string): void;
}

export function createProgress(stream: Writable & { isTTY?: boolean }, now_ms: () => number): Progress {
  const tty = stream.isTTY === true;
  return {
    async step(title, work) {
      const start_ms = now_ms();
      stream.write(tty ? `… ${title}` : `${title}\n`);
      try {
        const result = await work();
        if (tty) stream.write(`\r\u001b[K\u001b[32m✓\u001b[0m ${title} (${((now_ms() - start_ms) / 1000).toFixed(1)} s)\n`);
        return result;
      } catch (error) {
        if (tty) stream.write(`\r\u001b[K\u001b[31m✗\u001b[0m ${title}\n`);
        throw error;
      }
    },
    say: (line) => void stream.write(`${line}\n`),
  };
}
