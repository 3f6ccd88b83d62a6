import type { UserInfo } from "../../../api/exchange.ts";

const PREFIX = "system:node:";
const GROUP = "system:nodes";
export const NODE_LEASE_NAMESPACE = "kube-node-lease";

/** The node that the user is the agent of: its name, "" where it has none, undefined for everybody else. */
export function nodeOf(user: UserInfo): string | undefined {
  return user.name.startsWith(PREFIX) && user.groups.includes(GROUP) ? user.name.slice(PREFIX.length) : undefined;
}
