import { Readable, Writable } from "node:stream";
import type { WebSocket } from "ws";
import { statusObject, type CommandSession, type TerminalSize } from "./session.ts";

/** Channels of `v4.channel.k8s.io` and `v5.channel.k8s.io`: the first byte of each message. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Subprotocols for exec and attach, the best first. v5 can close stdin alone. */
export const commandProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** A client of exec or attach over WebSocket. */
export function webSocketSession(socket: WebSocket, wanted: WantedStreams): CommandSession {
  const stdin = wanted.stdin ? new Readable({ read: () => socket.resume() }) : undefined;
  let resized: (size: TerminalSize) => void = () => {};
  socket.on("message", (data: Buffer) => {
    if (data.length === 0) return;
    const payload = data.subarray(1);
    if (data[0] === channels.stdin && payload.length > 0) {
      if (stdin?.push(payload) === false) socket.pause();
    } else if (data[0] === channels.resize) {
      const size = parseSize(payload);
      if (size !== undefined) resized(size);
    } else if (data[0] === channels.close && payload[0] === channels.stdin) stdin?.push(null);
  });
  socket.on("close", () => stdin?.push(null));
  return {
    ...(stdin === undefined ? {} : { stdin }),
    ...(wanted.stdout ? { stdout: channelWriter(socket, channels.stdout) } : {}),
    ...(wanted.stderr ? { stderr: channelWriter(socket, channels.stderr) } : {}),
    onResize(callback) {
      resized = callback;
    },
    onClose: (closed) => void socket.once("close", closed),
    end(status) {
      socket.send(frame(channels.error, Buffer.from(JSON.stringify(statusObject(status)))), () => socket.close(1000));
    },
  };
}

/** Writes go to one channel; a write is done when the socket has taken it, so a slow client holds up the command and not our memory. */
export function channelWriter(socket: WebSocket, channel: number): Writable {
  return new Writable({
    write(chunk: Buffer, _, done) {
      if (socket.readyState !== socket.OPEN) return done();
      socket.send(frame(channel, chunk), () => done());
    },
  });
}

/** One message: the channel's number, then the bytes. */
export function frame(channel: number, payload: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(payload.length + 1);
  message[0] = channel;
  message.set(payload, 1);
  return message;
}

/** `{"Width":80,"Height":24}`. */
export function parseSize(payload: Buffer): TerminalSize | undefined {
  try {
    const { Width, Height } = JSON.parse(payload.toString("utf8")) as { Width?: unknown; Height?: unknown };
    return typeof Width === "number" && typeof Height === "number" ? { width: Width, height: Height } : undefined;
  } catch {
    return undefined;
  }
}
