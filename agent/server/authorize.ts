import type { TLSSocket } from "node:tls";

const ADMIN_GROUP = "system:masters";

/** Who calls, by the client certificate; `undefined` where none was shown that the cluster's CA signed. */
export interface Caller {
  readonly name: string;
  readonly groups: readonly string[];
}

export function callerOf(socket: TLSSocket): Caller | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined) return undefined;
  const organizations: string | string[] | undefined = subject.O;
  return { name: listOf(subject.CN)[0] ?? "", groups: listOf(organizations) };
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** The node's API gives access to every container: only the API server and administrators have it. */
export function isAllowed(caller: Caller): boolean {
  return caller.groups.includes(ADMIN_GROUP);
}
