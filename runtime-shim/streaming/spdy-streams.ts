import type { Clock } from "../../lib/clock.ts";
import type { SpdySession } from "../../lib/spdy/session.ts";
import type { SpdyStream } from "../../lib/spdy/stream.ts";
import { type CommandSession, flushed, parseSize, statusObject, statusText, type TerminalSize } from "./session.ts";
import type { WantedStreams } from "./websocket-session.ts";

/** Protocols of exec and attach over SPDY, the best first. From v3 a terminal has a stream for its size; before v4 the end is told in words. */
export const spdyCommandProtocols = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

/** How long a client may take to open its streams, and to hang up after the end. */
const OPEN_TIMEOUT_MS = 30_000;
const HANG_UP_TIMEOUT_MS = 5_000;
const MAX_RESIZE_CHARACTERS = 1024;

/** Collects the streams that a client opens, by the type that it gives them. */
export class SpdyStreams {
  readonly #streams = new Map<string, SpdyStream>();
  #changed: () => void = () => {};

  take(stream: SpdyStream): void {
    const type = stream.headers["streamtype"] ?? "";
    if (!["error", "stdin", "stdout", "stderr", "resize"].includes(type) || this.#streams.has(type)) return void stream.destroy();
    this.#streams.set(type, stream);
    this.#changed();
  }

  /** All of these; rejects when they do not come in time or the client goes before. */
  async wait(types: readonly string[], session: SpdySession, clock: Clock): Promise<ReadonlyMap<string, SpdyStream>> {
    const missing = () => types.filter((type) => !this.#streams.has(type));
    await new Promise<void>((resolve, reject) => {
      const late = clock.after(OPEN_TIMEOUT_MS, () => reject(new Error(`timed out waiting for the client to open its streams: ${missing().join(", ")} missing`)), { background: true });
      const look = () => {
        if (missing().length > 0) return;
        late.cancel();
        resolve();
      };
      this.#changed = look;
      void session.closed.then(() => {
        late.cancel();
        reject(new Error("the client is gone"));
      });
      look();
    });
    return this.#streams;
  }
}

/** A client of exec or attach over SPDY, once it has opened its streams. */
export async function spdySession(options: { session: SpdySession; streams: SpdyStreams; wanted: WantedStreams & { readonly tty: boolean }; protocol: string; clock: Clock }): Promise<CommandSession> {
  const { session, streams, wanted, protocol, clock } = options;
  const types = ["error", ...(["stdin", "stdout", "stderr"] as const).filter((type) => wanted[type]), ...(wanted.tty && /^v[34]\./.test(protocol) ? ["resize"] : [])];
  const opened = await streams.wait(types, session, clock);
  const [error, stdin, stdout, stderr, resize] = ["error", "stdin", "stdout", "stderr", "resize"].map((type) => opened.get(type));
  // What is only written to may be sent something all the same.
  for (const stream of [error, stdout, stderr]) stream?.resume();
  return {
    ...(stdin === undefined || !wanted.stdin ? {} : { stdin }),
    ...(stdout === undefined || !wanted.stdout ? {} : { stdout }),
    ...(stderr === undefined || !wanted.stderr ? {} : { stderr }),
    onResize: (resized) => resize !== undefined && readSizes(resize, resized),
    onClose: (closed) => void session.closed.then(closed),
    end(status) {
      void flushed([stdout, stderr]).then(async () => {
        error?.end(protocol === "v4.channel.k8s.io" ? JSON.stringify(statusObject(status)) : statusText(status));
        await flushed([error, stdin, resize]);
        // The client hangs up when it has read all; Go's may lose what it has not read yet when we do it first.
        const late = clock.after(HANG_UP_TIMEOUT_MS, () => session.end(), { background: true });
        await session.closed;
        late.cancel();
      });
    },
  };
}

/** Sizes as JSON objects one after another. */
function readSizes(stream: SpdyStream, resized: (size: TerminalSize) => void): void {
  let held = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    held += text;
    for (let end = held.indexOf("}"); end >= 0; end = held.indexOf("}")) {
      const size = parseSize(held.slice(0, end + 1));
      held = held.slice(end + 1);
      if (size !== undefined) resized(size);
    }
    if (held.length > MAX_RESIZE_CHARACTERS) stream.destroy();
  });
}
