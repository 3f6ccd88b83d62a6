import type { ImageRpcs, RuntimeRpcs } from "../../cri/service.ts";
import type { Init, Message, MessageName } from "../../cri/vocabulary.ts";

type Rpc = readonly [request: MessageName, response: MessageName, stream?: "stream"];

export interface CallOptions {
  /** Deadline; the call fails with code DeadlineExceeded. */
  readonly timeout_ms?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A service's verbs: unary ones answer a promise, streams give messages until they end or the signal aborts. Failures are CriErrors. */
export type Calls<T extends Record<string, Rpc>> = {
  readonly [Name in keyof T]: T[Name] extends readonly [infer Request extends MessageName, infer Response extends MessageName, "stream"]
    ? (request: Init<Request>, options?: CallOptions) => AsyncIterable<Message<Response>>
    : (request: Init<T[Name][0]>, options?: CallOptions) => Promise<Message<T[Name][1]>>;
};

/** A container runtime, free of transport: over gRPC (channel.ts) or, in tests, in process. */
export interface CriClient {
  readonly runtime: Calls<RuntimeRpcs>;
  readonly image: Calls<ImageRpcs>;
  close(): void;
}

/** gRPC status codes by number, as Go's `codes` spells them: kubelet's messages carry these words. */
const CODE_NAMES = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
] as const;

export type CriCode = (typeof CODE_NAMES)[number];

/** A verb failed. `message` is `rpc error: code = NotFound desc = …`, `details` what the runtime said. */
export class CriError extends Error {
  override readonly name = "CriError";
  readonly code: CriCode;
  readonly details: string;
  constructor(code: CriCode, details: string) {
    super(`rpc error: code = ${code} desc = ${details}`);
    this.code = code;
    this.details = details;
  }
}

export function codeName(code: number): CriCode {
  return CODE_NAMES[code] ?? "Unknown";
}

export function isCriCode(error: unknown, code: CriCode): boolean {
  return error instanceof CriError && error.code === code;
}
