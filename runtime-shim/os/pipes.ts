import { Socket } from "node:net";
import { checked, libc } from "./libc.ts";

const O_CLOEXEC = 0o2000000;

/** A pipe whose one end a child process gets, and whose other end is a stream of ours. Not a socket: programs may open /dev/stderr anew. */
export interface ChildPipe {
  /** For `spawn`'s stdio. */
  readonly childEnd: number;
  readonly stream: Socket;
  /** To be called once the child has its end. */
  closeChildEnd(): void;
}

/** A pipe that we read from (`readable`) or write to. */
export function childPipe(direction: "readable" | "writable"): ChildPipe {
  const fds = Buffer.alloc(8);
  checked(libc().pipe2(fds, O_CLOEXEC), "pipe2", "");
  const [readEnd, writeEnd] = [fds.readInt32LE(0), fds.readInt32LE(4)];
  const [own, childEnd] = direction === "readable" ? [readEnd, writeEnd] : [writeEnd, readEnd];
  const stream = new Socket({ fd: own, readable: direction === "readable", writable: direction === "writable" });
  let open = true;
  return {
    childEnd,
    stream,
    closeChildEnd() {
      if (open) libc().close(childEnd);
      open = false;
    },
  };
}
