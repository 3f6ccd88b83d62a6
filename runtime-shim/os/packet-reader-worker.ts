import { parentPort, workerData } from "node:worker_threads";
import { libc } from "./libc.ts";

/** What the thread is started with: an epoll instance, and an eventfd in it that says "end". */
export interface PacketReaderData {
  readonly epoll: number;
  readonly stop: number;
}

/** A packet of a socket, or its end (undefined). */
export interface PacketNews {
  readonly fd: number;
  readonly packet: Uint8Array | undefined;
}

/** conmon sends at most 8 KiB and a byte at a time. */
const PACKET_BYTES = 64 << 10;
/** struct epoll_event: 12 bytes packed on x86-64, 16 elsewhere. */
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const DATA_OFFSET = EVENT_BYTES - 8;
const MAX_EVENTS = 16;
const MSG_DONTWAIT = 0x40;

// A worker's main module: Node can't wait for a SOCK_SEQPACKET socket, so this thread does, for all of them. A socket is armed for one
// event at a time; the main thread arms it again when it has passed the packet on, so nothing piles up here.
const { epoll, stop } = workerData as PacketReaderData;
const events = Buffer.alloc(EVENT_BYTES * MAX_EVENTS);
const buffer = Buffer.alloc(PACKET_BYTES);
for (let open = true; open; ) {
  const count = libc().epoll_wait(epoll, events, MAX_EVENTS, -1);
  for (let i = 0; i < count; i++) {
    const fd = events.readInt32LE(i * EVENT_BYTES + DATA_OFFSET);
    if (fd === stop) {
      open = false;
      continue;
    }
    const length = Number(libc().recv(fd, buffer, BigInt(PACKET_BYTES), MSG_DONTWAIT));
    const packet = length > 0 ? new Uint8Array(buffer.subarray(0, length)) : undefined;
    parentPort?.postMessage({ fd, packet } satisfies PacketNews);
  }
}
