import type { TLSSocket } from "node:tls";
import type { UserInfo } from "../../api/exchange.ts";

/** Common name and organizations of a verified client certificate as user and groups, or undefined where there is none. */
export function certificateUser(socket: Pick<TLSSocket, "authorized" | "getPeerCertificate">): UserInfo | undefined {
  if (!socket.authorized) return undefined;
  const subject = socket.getPeerCertificate()?.subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  const names = list(subject?.CN);
  const name = names[0];
  if (name === undefined || name === "") return undefined;
  return { name, groups: list(subject?.O) };
}

function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}
