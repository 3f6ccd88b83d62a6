import type { Container, Pod, Probe } from "../../api/wire.ts";
import type { Clock } from "../../lib/clock.ts";
import { type CriClient, isCriCode } from "../cri/cri-client.ts";
import { expand } from "../pod/config/expansion.ts";
import { goDuration } from "../pod/crash-backoff.ts";
import { grpcProbe } from "./grpc-probe.ts";
import { httpProbe } from "./http-probe.ts";
import type { ProbeResult } from "./outcome.ts";
import { tcpProbe } from "./tcp-probe.ts";

/** Whom a probe asks. */
export interface ProbeTarget {
  readonly pod: Pod;
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

/** Makes one probe; never rejects. */
export type Prober = (probe: Probe, target: ProbeTarget) => Promise<ProbeResult>;

const MAX_OUTPUT_BYTES = 10 * 1024;

export interface ProberOptions {
  readonly cri: CriClient;
  readonly clock: Clock;
  /** `kube-probe/1.36`. */
  readonly userAgent: string;
}

export function createProber(options: ProberOptions): Prober {
  return async (probe, target) => {
    try {
      return await run(options, probe, target);
    } catch (error) {
      return { type: "unknown", error: (error as Error).message };
    }
  };
}

async function run(options: ProberOptions, probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeout_ms = Math.max(1, probe.timeoutSeconds ?? 1) * 1000;
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec !== undefined) return runExec(options.cri, target.containerId, withStaticValues(exec.command ?? [], target.container), timeout_ms);
  if (httpGet !== undefined) {
    const scheme = httpGet.scheme === "HTTPS" ? "https" : "http";
    const port = resolvePort(httpGet.port, target.container);
    const headers = httpGet.httpHeaders ?? [];
    return httpProbe({ scheme, host: httpGet.host || target.podIp, port, path: httpGet.path ?? "/", headers }, { ...options, timeout_ms });
  }
  if (tcpSocket !== undefined) return tcpProbe(tcpSocket.host || target.podIp, resolvePort(tcpSocket.port, target.container), timeout_ms);
  if (grpc !== undefined) return grpcProbe(target.podIp, grpc.port, grpc.service ?? "", { ...options, timeout_ms });
  throw new Error(`missing probe handler for ${target.pod.metadata.name}:${target.container.name}`);
}

/** Variables that the spec itself has the values of are filled in; those whose value comes from elsewhere are empty, as with kubelet. */
function withStaticValues(command: readonly string[], container: Container): string[] {
  const values = new Map((container.env ?? []).map(({ name, value }) => [name, value ?? ""]));
  return command.map((word) => expand(word, (name) => values.get(name)));
}

/** A port's number, or that of the container's port of this name. @throws Error with kubelet's words */
export function resolvePort(port: number | string, container: Container): number {
  if (typeof port === "number") return checked(port);
  const named = container.ports?.find((candidate) => candidate.name === port)?.containerPort;
  if (named !== undefined) return checked(named);
  if (!/^[+-]?\d+$/.test(port)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
  return checked(Number(port));
}

function checked(port: number): number {
  if (port > 0 && port < 65_536) return port;
  throw new Error(`invalid port number: ${port}`);
}

async function runExec(cri: CriClient, containerId: string, command: readonly string[], timeout_ms: number): Promise<ProbeResult> {
  try {
    // The runtime counts the timeout; ours is only for one that does not.
    const { exitCode, stdout, stderr } = await cri.runtime.ExecSync({ containerId, cmd: [...command], timeout: Math.ceil(timeout_ms / 1000) }, { timeout_ms: timeout_ms + 10_000 });
    const output = Buffer.concat([stdout, stderr]).subarray(0, MAX_OUTPUT_BYTES).toString("utf8");
    return { type: exitCode === 0 ? "success" : "failure", output };
  } catch (error) {
    if (isCriCode(error, "DeadlineExceeded")) return { type: "failure", output: `command timed out: ${JSON.stringify(command.join(" "))} timed out after ${goDuration(timeout_ms)}` };
    throw error;
  }
}
