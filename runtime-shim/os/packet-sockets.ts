import { closeSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { checked, libc } from "./libc.ts";
import type { PacketNews, PacketReaderData } from "./packet-reader-worker.ts";

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_FLAGS = 0o2000000 | 0o4000; // close on exec, not blocking
const EPOLL_CLOEXEC = 0o2000000;
const EFD_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLONESHOT = 1 << 30;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;
const O_PATH = 0o10000000;
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;

/** A connected SOCK_SEQPACKET unix socket. */
export interface PacketSocket {
  /** Called with each packet, and with undefined at the end. The next one comes after `next`. */
  onPacket(received: (packet: Uint8Array | undefined) => void): void;
  next(): void;
  /** Sends one packet; false when the other side's buffer is full (try again later). Throws KernelError when it is gone. */
  send(packet: Uint8Array): boolean;
  /** No more packets will be sent. */
  endSending(): void;
  close(): void;
}

interface Reader {
  readonly worker: Worker;
  readonly epoll: number;
  readonly stop: number;
}

/** Connections to packet sockets, read by one thread that lives as long as there is one. */
export class PacketSockets {
  readonly #receivers = new Map<number, (packet: Uint8Array | undefined) => void>();
  #reader: Reader | undefined;

  /** Connects to the socket at `path`, which may be longer than a socket's address. */
  connect(path: string): PacketSocket {
    const fd = checked(libc().socket(AF_UNIX, SOCK_SEQPACKET | SOCK_FLAGS, 0), "socket", "SOCK_SEQPACKET");
    try {
      connectTo(fd, path);
    } catch (error) {
      libc().close(fd);
      throw error;
    }
    const reader = (this.#reader ??= this.#startReader());
    let open = true;
    let added = false;
    const arm = () => {
      if (!open) return;
      checked(libc().epoll_ctl(reader.epoll, added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, eventOf(fd, EPOLLIN | EPOLLONESHOT)), "epoll_ctl", path);
      added = true;
    };
    return {
      onPacket: (received) => void this.#receivers.set(fd, received),
      next: arm,
      send(packet) {
        if (!open) return true;
        const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
        const sent = libc().send(fd, bytes, BigInt(bytes.length), MSG_NOSIGNAL);
        if (sent >= 0n) return true;
        try {
          checked(sent, "send", path);
        } catch (error) {
          if (error instanceof Error && "code" in error && error.code === "EAGAIN") return false;
          throw error;
        }
        return true;
      },
      endSending: () => void (open && libc().shutdown(fd, SHUT_WR)),
      close: () => {
        if (!open) return;
        open = false;
        this.#receivers.delete(fd);
        libc().close(fd);
        if (this.#receivers.size === 0) this.#stopReader();
      },
    };
  }

  close(): void {
    this.#stopReader();
  }

  #startReader(): Reader {
    const epoll = checked(libc().epoll_create1(EPOLL_CLOEXEC), "epoll_create1", "");
    const stop = checked(libc().eventfd(0, EFD_CLOEXEC), "eventfd", "");
    checked(libc().epoll_ctl(epoll, EPOLL_CTL_ADD, stop, eventOf(stop, EPOLLIN)), "epoll_ctl", "eventfd");
    const worker = new Worker(new URL("./packet-reader-worker.ts", import.meta.url), { workerData: { epoll, stop } satisfies PacketReaderData });
    worker.on("message", ({ fd, packet }: PacketNews) => this.#receivers.get(fd)?.(packet));
    worker.on("exit", () => {
      libc().close(epoll);
      libc().close(stop);
    });
    worker.unref();
    return { worker, epoll, stop };
  }

  #stopReader(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) return;
    const one = Buffer.alloc(8);
    one.writeBigUInt64LE(1n);
    libc().write(reader.stop, one, 8n);
  }
}

/** A unix socket's address has 108 bytes: through the directory's descriptor any path fits. */
function connectTo(fd: number, path: string): void {
  const directory = openSync(dirname(path), O_PATH);
  try {
    const address = Buffer.alloc(110);
    address.writeUInt16LE(AF_UNIX, 0);
    const written = address.write(`/proc/self/fd/${directory}/${basename(path)}`, 2, 107, "utf8");
    checked(libc().connect(fd, address, 2 + written + 1), "connect", path);
  } finally {
    closeSync(directory);
  }
}

function eventOf(fd: number, events: number): Buffer {
  const event = Buffer.alloc(EVENT_BYTES);
  event.writeUInt32LE(events >>> 0, 0);
  event.writeInt32LE(fd, EVENT_BYTES - 8);
  return event;
}
