import type { TLSSocket } from "node:tls";
import type { UserInfo } from "../../api/exchange.ts";
import { certificateUid } from "../auth/certificate.ts";

/** Common name, organizations and uid of a verified client certificate as a user, or undefined where there is none. */
export function certificateUser(socket: Pick<TLSSocket, "authorized" | "getPeerCertificate">): UserInfo | undefined {
  if (!socket.authorized) return undefined;
  const certificate = socket.getPeerCertificate();
  const subject = certificate?.subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  const names = list(subject?.CN);
  const name = names[0];
  if (name === undefined || name === "") return undefined;
  const uid = certificateUid(certificate.raw);
  return { name, groups: list(subject?.O), ...(uid === undefined ? {} : { uid }) };
}

function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}
