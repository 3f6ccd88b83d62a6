/** Go's words for a failed dial or read: kubelet's messages carry them. `address`: `10.0.0.1:80`; `local`: our end, once there was a connection. */
export function dialError(error: NodeJS.ErrnoException, address: string, local?: string): string {
  switch (error.code) {
    case "ECONNREFUSED":
      return `dial tcp ${address}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `dial tcp ${address}: connect: no route to host`;
    case "ENETUNREACH":
      return `dial tcp ${address}: connect: network is unreachable`;
    case "EACCES":
      return `dial tcp ${address}: connect: permission denied`;
    case "ETIMEDOUT":
      return `dial tcp ${address}: i/o timeout`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `dial tcp: lookup ${address.replace(/:\d+$/, "")}: no such host`;
    case "ECONNRESET":
    case "EPIPE":
      // Node has one code for a reset and for an end before the answer.
      return error.message === "socket hang up" ? "EOF" : `read tcp ${local === undefined ? "" : `${local}->`}${address}: read: connection reset by peer`;
    default:
      return error.message;
  }
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
