import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Clock } from "../../lib/clock.ts";
import { goDuration } from "../pod/crash-backoff.ts";
import { joinHostPort } from "./network-error.ts";
import type { ProbeResult } from "./outcome.ts";

const SERVING = 1;
/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
const STATUS_NAMES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
/** gRPC's status codes as Go spells them. */
const CODE_NAMES = ["OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated"];
const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;
const UNIMPLEMENTED = 12;
const MAX_RESPONSE_BYTES = 64 * 1024;
/** gRPC's own pause before it dials again. */
const REDIAL_MS = 1_000;

export interface GrpcProbeOptions {
  readonly timeout_ms: number;
  readonly userAgent: string;
  readonly clock: Clock;
}

interface Answer {
  readonly code: number;
  readonly message: string;
  readonly data: Buffer;
}

/**
 * The gRPC health checking protocol (grpc.health.v1.Health/Check), without TLS: one message each way over HTTP/2. Nobody there, or
 * somebody who does not speak HTTP/2, is dialled again until the time is over, as gRPC's clients do.
 */
export async function grpcProbe(host: string, port: number, service: string, options: GrpcProbeOptions): Promise<ProbeResult> {
  const address = joinHostPort(host, port);
  const deadline = new AbortController();
  const timer = options.clock.after(options.timeout_ms, () => deadline.abort());
  let session: ClientHttp2Session | undefined;
  try {
    session = await dial(address, options.clock, deadline.signal);
    const within = goDuration(options.timeout_ms);
    if (session === undefined) return { type: "failure", output: `timeout: failed to connect service ${JSON.stringify(address)} within ${within}: context deadline exceeded` };
    const answer = await check(session, service, options.userAgent, deadline.signal);
    return answer === undefined ? { type: "failure", output: `timeout: health rpc did not complete within ${within}` } : judge(answer, within);
  } finally {
    timer.cancel();
    session?.destroy();
  }
}

/** A session whose other end has shown that it speaks HTTP/2; undefined when there is none in time. */
async function dial(address: string, clock: Clock, signal: AbortSignal): Promise<ClientHttp2Session | undefined> {
  while (!signal.aborted) {
    const session = connect(`http://${address}`);
    const isReady = await new Promise<boolean>((resolve) => {
      session.once("remoteSettings", () => resolve(true));
      session.on("error", () => resolve(false));
      session.once("close", () => resolve(false));
      signal.addEventListener("abort", () => resolve(false), { once: true });
    });
    if (isReady) return session;
    session.destroy();
    await clock.sleep(REDIAL_MS, signal).catch(() => {});
  }
  return undefined;
}

/** The answer to one Check; undefined when there is none in time. */
function check(session: ClientHttp2Session, service: string, userAgent: string, signal: AbortSignal): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const stream: ClientHttp2Stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": userAgent,
    });
    let code: string | undefined;
    let message = "";
    const chunks: Buffer[] = [];
    let length = 0;
    const readTrailers = (headers: Record<string, string | string[] | number | undefined>) => {
      code ??= headers["grpc-status"]?.toString();
      message ||= headers["grpc-message"]?.toString() ?? "";
    };
    stream.on("response", readTrailers);
    stream.on("trailers", readTrailers);
    stream.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_RESPONSE_BYTES) chunks.push(chunk);
    });
    stream.once("error", (error) => resolve({ code: 14, message: `error reading from server: ${error.message}`, data: Buffer.alloc(0) }));
    stream.once("end", () => resolve({ code: Number(code ?? UNKNOWN), message: decoded(message), data: Buffer.concat(chunks) }));
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
    stream.end(request(service));
  });
}

/** gRPC writes messages percent-encoded; what is not is shown as it is. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

/** A length-prefixed HealthCheckRequest: field 1 is the service's name. */
function request(service: string): Buffer {
  const name = Buffer.from(service);
  const length = name.length < 128 ? Buffer.from([name.length]) : Buffer.from([(name.length & 0x7f) | 0x80, name.length >> 7]);
  const body = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a]), length, name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function judge({ code, message, data }: Answer, within: string): ProbeResult {
  if (code === UNIMPLEMENTED) return { type: "failure", output: `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}` };
  if (code === DEADLINE_EXCEEDED) return { type: "failure", output: `timeout: health rpc did not complete within ${within}` };
  if (code !== 0) return { type: "failure", output: `error: health rpc probe failed: rpc error: code = ${CODE_NAMES[code] ?? `Code(${code})`} desc = ${message}` };
  // Field 1 is the status; absent it is 0.
  const status = data[5] === 0x08 ? (data[6] ?? 0) : 0;
  if (status === SERVING) return { type: "success", output: "service healthy" };
  return { type: "failure", output: `service unhealthy (responded with "${STATUS_NAMES[status] ?? status}")` };
}
