import type { WaitReason } from "../../status/container-status.ts";
import { CriError } from "../../cri/cri-client.ts";

/** Why a container could not be started: what its status will say. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
  readonly reason: WaitReason;
  readonly retryAt_ms: number | undefined;
  /** A container came to be, and ended. */
  readonly hasContainer: boolean;

  constructor(reason: string, message: string, options: { retryAt_ms?: number; hasContainer?: boolean } = {}) {
    super(`${reason}: ${message}`);
    this.reason = { reason, message };
    this.retryAt_ms = options.retryAt_ms;
    this.hasContainer = options.hasContainer ?? false;
  }
}

/** The runtime's own words without gRPC's frame, as kubelet shows them for containers. */
export function runtimeWords(error: unknown): string {
  return error instanceof CriError ? error.details : (error as Error).message;
}
