import { Socket } from "node:net";
import { KernelError, checked, libc } from "./libc.ts";
import { inNamespace } from "./namespaces.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_FLAGS = 0o2000000 | 0o4000; // close on exec, not blocking

/**
 * A TCP connection to `port` on the loopback of another network namespace, IPv4 first. The socket is made there, so no packet
 * of it is ever in ours. Throws KernelError (ECONNREFUSED) when nobody listens.
 */
export function connectInNamespace(namespace: string, port: number): Socket {
  try {
    return connectTo(namespace, AF_INET, port);
  } catch (error) {
    if (!(error instanceof KernelError) || error.code !== "ECONNREFUSED") throw error;
    try {
      return connectTo(namespace, AF_INET6, port);
    } catch {
      throw error;
    }
  }
}

function connectTo(namespace: string, family: number, port: number): Socket {
  const fd = inNamespace("net", namespace, () => {
    const socket = checked(libc().socket(family, SOCK_STREAM | SOCK_FLAGS, 0), "socket", "TCP");
    try {
      const address = loopbackAddress(family, port);
      // The first call only begins it; on loopback the answer is there by the second.
      for (const unfinished of ["EINPROGRESS", "EALREADY"]) connectOnce(socket, address, port, unfinished);
    } catch (error) {
      libc().close(socket);
      throw error;
    }
    return socket;
  });
  return new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
}

/** A connection still being made when this returns is fine: reading and writing wait for it, and fail when it does. */
function connectOnce(socket: number, address: Buffer, port: number, unfinished: string): void {
  try {
    checked(libc().connect(socket, address, address.length), "connect", `port ${port}`);
  } catch (error) {
    if (!(error instanceof KernelError) || (error.code !== unfinished && error.code !== "EISCONN")) throw error;
  }
}

function loopbackAddress(family: number, port: number): Buffer {
  const address = Buffer.alloc(family === AF_INET ? 16 : 28);
  address.writeUInt16LE(family, 0);
  address.writeUInt16BE(port, 2);
  if (family === AF_INET) address.set([127, 0, 0, 1], 4);
  else address[8 + 15] = 1;
  return address;
}
