import { checked, libc } from "../os/libc.ts";
import { inNamespace } from "../os/namespaces.ts";

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;

/** A listening TCP socket on 127.0.0.1 of another network namespace: a socket stays in the one that it was made in. For `server.listen({ fd })`. */
export function listenInNamespace(namespace: string, port: number): number {
  return inNamespace("net", namespace, () => {
    const fd = checked(libc().socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket", "AF_INET");
    const address = Buffer.alloc(16);
    address.writeUInt16LE(AF_INET, 0);
    address.writeUInt16BE(port, 2);
    address.set([127, 0, 0, 1], 4);
    checked(libc().bind(fd, address, address.length), "bind", `127.0.0.1:${port}`);
    checked(libc().listen(fd, 128), "listen", `127.0.0.1:${port}`);
    return fd;
  });
}
