/** gRPC status codes that CRI callers act on; the numbers are gRPC's. */
export const grpcCodes = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** An answer that is an error: its code goes on the wire as the gRPC status, its message to people. */
export class CriError extends Error {
  readonly code: keyof typeof grpcCodes;

  constructor(code: keyof typeof grpcCodes, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** containerd's frame around what an OCI runtime says of a container that it could not start: people and tools look for these words. */
export function taskFailure(words: string): string {
  return `failed to create containerd task: failed to create shim task: ${words}: unknown`;
}

/** containerd's frame around what is wrong with a container's configuration. */
export function specFailure(words: string): string {
  return `failed to create containerd container: ${words}`;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `ENOENT`, `EEXIST` …, or undefined when the error is not one of the system's. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
