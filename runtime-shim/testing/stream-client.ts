import WebSocket from "ws";
import { connectInNamespace } from "../os/pod-socket.ts";
import type { TestShim } from "./start-shim.ts";

/** A WebSocket client of the shim's streams, within the shim's network namespace. */
export interface StreamClient {
  readonly protocol: string;
  /** What a channel has said so far. */
  text(channel: number): string;
  /** Resolves once the channel has said something that fits; rejects when the stream closes before. */
  said(channel: number, pattern: RegExp): Promise<string>;
  send(channel: number, data: string | Uint8Array): void;
  readonly closed: Promise<void>;
  close(): void;
}

/** Connects to a URL that the shim gave; rejects with the answer's status when it is refused. */
export async function openStream(shim: TestShim, url: string, protocols: string[]): Promise<StreamClient> {
  const target = new URL(url);
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false, createConnection: () => connectInNamespace(shim.networkNamespace, Number(target.port)) as never });
  const received = new Map<number, Buffer[]>();
  const text = (channel: number) => Buffer.concat(received.get(channel) ?? []).toString();
  const watchers = new Set<() => void>();
  let over = false;
  socket.on("message", (data: Buffer) => {
    const channel = data[0] ?? 0;
    received.set(channel, [...(received.get(channel) ?? []), data.subarray(1)]);
    for (const watcher of [...watchers]) watcher();
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      over = true;
      for (const watcher of [...watchers]) watcher();
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  socket.on("error", () => {});
  return {
    protocol: socket.protocol,
    text,
    said(channel, pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (pattern.test(text(channel))) resolve(text(channel));
          else if (over) reject(new Error(`the stream closed and channel ${channel} said only ${JSON.stringify(text(channel))}`));
          else return;
          watchers.delete(look);
        };
        watchers.add(look);
        look();
      });
    },
    send: (channel, data) => socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(data)])),
    closed,
    close: () => socket.close(),
  };
}
