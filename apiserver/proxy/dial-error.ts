/** System errors as Go's network library words them, which people and scripts look for. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ECONNRESET: "connect: connection reset by peer",
  ETIMEDOUT: "i/o timeout",
};

/** `dial tcp 10.0.0.1:80: connect: connection refused`. */
export function dialErrorText(authority: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words = code === undefined ? undefined : WORDS[code];
  // Node's words for a connection that ended before the answer.
  if (message === "socket hang up") return "EOF";
  return words === undefined ? (message ?? String(error)) : `dial tcp ${authority}: ${words}`;
}
