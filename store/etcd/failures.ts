import { UnavailableError, ValueTooLargeError } from "../store.ts";
import { GrpcError } from "./grpc-call.ts";

/**
 * What a failed call means. "refused": etcd answered, and asking again gives the same answer. "not-done": it is certain that nothing
 * was done, so another endpoint can be asked. "unknown": it may have been done; only reads can be asked again.
 */
export type FailureKind = "refused" | "not-done" | "unknown";

/** Texts of failures that come before etcd acts: a member that says that it has no leader, or too much to do. */
const NOT_DONE = [
  "etcdserver: no leader",
  "etcdserver: not capable",
  "etcdserver: too many requests",
  "raft proposal dropped",
];

const REFUSED = [
  "etcdserver: mvcc: required revision has been compacted",
  "etcdserver: mvcc: required revision is a future revision",
  "etcdserver: mvcc: database space exceeded",
  "etcdserver: requested lease not found",
  "etcdserver: lease already exists",
  "etcdserver: request is too large",
  "etcdserver: too large lease TTL",
  "etcdserver: permission denied",
  "etcdserver: user name is empty",
  "received message larger than max",
  "Received message larger than max",
  "UNIMPLEMENTED",
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "INVALID_ARGUMENT",
];

export function classify(error: unknown): FailureKind {
  if (error instanceof GrpcError && error.notSent) return "not-done";
  const message = text(error);
  if (REFUSED.some((part) => message.includes(part))) return "refused";
  if (NOT_DONE.some((part) => message.includes(part))) return "not-done";
  return "unknown";
}

export const isCompacted = (error: unknown): boolean => text(error).includes("required revision has been compacted");
export const isFutureRevision = (error: unknown): boolean => text(error).includes("required revision is a future revision");
export const isLeaseNotFound = (error: unknown): boolean => text(error).includes("requested lease not found");
export const isLeaseTaken = (error: unknown): boolean => text(error).includes("lease already exists");
/** A response larger than this client takes. */
export const isResponseTooLarge = (error: unknown): boolean => text(error).includes("Received message larger than max");

/** What --max-request-bytes must at least be for a transaction of MAX_TXN_BYTES. */
const NEEDED_REQUEST_BYTES = 1_572_864;

/** The error to throw for a failure that has no class of its own. */
export function toStoreError(error: unknown, endpoint: string, largest?: { readonly key: string; readonly bytes: number }): Error {
  const message = text(error);
  if (message.includes("request is too large") || message.includes("received message larger than max")) {
    const advice = `etcd at ${endpoint} refuses a request of this size: start every member with --max-request-bytes=${NEEDED_REQUEST_BYTES} (etcd's default) or more`;
    return new ValueTooLargeError(largest?.key ?? "", largest?.bytes ?? 0, advice);
  }
  if (message.includes("database space exceeded")) {
    return new UnavailableError(
      `etcd at ${endpoint} has reached its quota (--quota-backend-bytes): compact, run "etcdctl defrag" on every member, then "etcdctl alarm disarm"`,
    );
  }
  return new UnavailableError(`etcd at ${endpoint}: ${message.replace(/\s+/g, " ").trim()}`);
}

export function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
