import { Readable, Writable } from "node:stream";
import type { WebSocket } from "ws";
import { type CommandSession, flushed, parseSize, statusObject, statusText, type TerminalSize } from "./session.ts";

/** Channels of exec and attach: the first byte of each message. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Subprotocols for exec and attach. v5 can close stdin alone; before v4 the end is told in words; base64 is for clients that only have text. "" is a client that names none. */
export const commandProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io", ""];

export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** A WebSocket whose messages belong to numbered channels, in the form that the subprotocol says. */
export class ChannelSocket {
  readonly socket: WebSocket;
  readonly #base64: boolean;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.#base64 = socket.protocol.includes("base64.");
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  send(channel: number, payload: Uint8Array, done?: () => void): void {
    if (this.socket.readyState !== this.socket.OPEN) return void done?.();
    this.socket.send(this.#base64 ? `${channel}${Buffer.from(payload).toString("base64")}` : frame(channel, payload), () => done?.());
  }

  onMessage(take: (channel: number, payload: Buffer) => void): void {
    this.socket.on("message", (data: Buffer) => {
      if (data.length === 0) return;
      if (this.#base64) take(data[0]! - 0x30, Buffer.from(data.toString("latin1", 1), "base64"));
      else take(data[0]!, data.subarray(1));
    });
  }

  /** Writes go to one channel; a write is done when the socket has taken it, so a slow client holds up the command and not our memory. */
  writer(channel: number): Writable {
    return new Writable({ write: (chunk: Buffer, _, done) => this.send(channel, chunk, done) });
  }
}

/** A client of exec or attach over WebSocket. */
export function webSocketSession(socket: WebSocket, wanted: WantedStreams): CommandSession {
  const channel = new ChannelSocket(socket);
  const stdin = wanted.stdin ? new Readable({ read: () => socket.resume() }) : undefined;
  const stdout = wanted.stdout ? channel.writer(channels.stdout) : undefined;
  const stderr = wanted.stderr ? channel.writer(channels.stderr) : undefined;
  let resized: (size: TerminalSize) => void = () => {};
  channel.onMessage((number, payload) => {
    if (number === channels.stdin && payload.length > 0) {
      if (stdin?.push(payload) === false) socket.pause();
    } else if (number === channels.resize) {
      const size = parseSize(payload.toString("utf8"));
      if (size !== undefined) resized(size);
    } else if (number === channels.close && payload[0] === channels.stdin) stdin?.push(null);
  });
  socket.on("close", () => stdin?.push(null));
  // Clients before v5 wait for a first, empty message: the stream is there.
  if (channel.protocol !== "v5.channel.k8s.io") channel.send(wanted.stdout ? channels.stdout : wanted.stderr ? channels.stderr : channels.error, new Uint8Array());
  return {
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    onResize(callback) {
      resized = callback;
    },
    onClose: (closed) => void socket.once("close", closed),
    end(status) {
      void flushed([stdout, stderr]).then(() => {
        const text = /^v[45]\./.test(channel.protocol) ? JSON.stringify(statusObject(status)) : statusText(status);
        if (text === "") socket.close(1000);
        else channel.send(channels.error, Buffer.from(text), () => socket.close(1000));
      });
    },
  };
}

/** One message: the channel's number, then the bytes. */
function frame(channel: number, payload: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(payload.length + 1);
  message[0] = channel;
  message.set(payload, 1);
  return message;
}
