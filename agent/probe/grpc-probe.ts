import { connect, constants } from "node:http2";
import type { Clock } from "../../lib/clock.ts";
import { joinHostPort } from "./network-error.ts";
import type { ProbeResult } from "./outcome.ts";

const UNIMPLEMENTED = 12;
const SERVING = 1;
/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
const STATUS_NAMES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const MAX_RESPONSE_BYTES = 64 * 1024;

/** The gRPC health checking protocol (grpc.health.v1.Health/Check), without TLS: one message each way over HTTP/2. */
export async function grpcProbe(host: string, port: number, service: string, options: { timeout_ms: number; userAgent: string; clock: Clock }): Promise<ProbeResult> {
  const address = joinHostPort(host, port);
  const session = connect(`http://${address}`);
  try {
    return await new Promise<ProbeResult>((resolve) => {
      const timer = options.clock.after(options.timeout_ms, () => finish({ type: "failure", output: `timeout: failed to connect service "${address}" within ${options.timeout_ms / 1000}s: context deadline exceeded` }));
      const finish = (result: ProbeResult) => {
        timer.cancel();
        resolve(result);
      };
      session.once("error", (error) => finish({ type: "failure", output: `error: this server does not answer gRPC: ${error.message}` }));
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
        "content-type": "application/grpc",
        te: "trailers",
        "user-agent": options.userAgent,
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
      stream.once("error", (error) => finish({ type: "failure", output: `error: health rpc failed: ${error.message}` }));
      stream.once("end", () => finish(judge(Number(code ?? 2), decodeURIComponent(message), Buffer.concat(chunks), address)));
      stream.end(request(service));
    });
  } finally {
    session.destroy();
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

function judge(code: number, message: string, data: Buffer, address: string): ProbeResult {
  if (code === UNIMPLEMENTED) return { type: "failure", output: `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}` };
  if (code !== 0) return { type: "failure", output: `error: health rpc to ${address} failed: code ${code}: ${message}` };
  // Field 1 is the status; absent it is 0.
  const status = data[5] === 0x08 ? (data[6] ?? 0) : 0;
  if (status === SERVING) return { type: "success", output: "service healthy" };
  return { type: "failure", output: `service unhealthy (responded with "${STATUS_NAMES[status] ?? status}")` };
}
