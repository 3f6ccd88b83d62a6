import type { Container, LifecycleHandler, Pod } from "../../api/wire.ts";
import type { EventText } from "../../client/event-recorder.ts";
import type { Clock } from "../../lib/clock.ts";
import type { CriClient } from "../cri/cri-client.ts";
import { type HttpTarget, httpProbe } from "../probe/http-probe.ts";
import { joinHostPort } from "../probe/network-error.ts";
import { resolvePort } from "../probe/prober.ts";
import { goQuote } from "../../api/status/go-text.ts";
import { podText } from "./spec.ts";

export interface HookInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Of the pod. */
  readonly event: (event: EventText) => void;
  /** Given up after so long; a postStart hook has no limit of its own. */
  readonly timeout_ms?: number;
}

/** A hook failed; the message is what the container's status shows. */
export class HookError extends Error {
  override readonly name = "HookError";
}

const NO_LIMIT_MS = 24 * 3_600_000;

/** Runs a postStart or preStop handler to its end. @throws HookError */
export async function runHook(handler: LifecycleHandler, input: HookInput): Promise<void> {
  if (handler.exec !== undefined) return runExec(handler.exec.command ?? [], input);
  if (handler.httpGet !== undefined) return runHttp(handler.httpGet, input);
  if (handler.sleep !== undefined) {
    await input.clock.sleep(Math.min(handler.sleep.seconds * 1000, input.timeout_ms ?? NO_LIMIT_MS), input.signal);
    return;
  }
  throw new HookError(`Invalid handler: ${JSON.stringify(handler)}`);
}

async function runExec(command: readonly string[], input: HookInput): Promise<void> {
  const { container, pod } = input;
  const timeout_ms = input.timeout_ms ?? NO_LIMIT_MS;
  let failure: string;
  let output = "";
  try {
    const timeout = input.timeout_ms === undefined ? 0 : Math.ceil(input.timeout_ms / 1000);
    const result = await input.cri.runtime.ExecSync({ containerId: input.containerId, cmd: [...command], timeout }, { timeout_ms: timeout_ms + 5_000, signal: input.signal });
    if (result.exitCode === 0) return;
    failure = `command '${command.join(" ")}' exited with ${result.exitCode}: ${Buffer.from(result.stderr).toString("utf8")}`;
    output = Buffer.concat([result.stdout, result.stderr]).toString("utf8");
  } catch (error) {
    if (input.signal.aborted) throw error;
    failure = (error as Error).message;
  }
  throw new HookError(`Exec lifecycle hook ([${command.join(" ")}]) for Container "${container.name}" in Pod ${goQuote(podText(pod))} failed - error: ${failure}, message: ${goQuote(output)}`);
}

async function runHttp(get: NonNullable<LifecycleHandler["httpGet"]>, input: HookInput): Promise<void> {
  const { container, pod } = input;
  const problem = (words: string) => new HookError(`HTTP lifecycle hook (${get.path ?? "/"}) for Container "${container.name}" in Pod ${goQuote(podText(pod))} failed - error: ${words}`);
  let port: number;
  try {
    port = resolvePort(get.port, container);
  } catch (error) {
    throw problem((error as Error).message);
  }
  const target = { scheme: get.scheme === "HTTPS" ? ("https" as const) : ("http" as const), host: get.host || input.podIp, port, path: get.path ?? "/", headers: get.httpHeaders ?? [] };
  const ask = async (request: HttpTarget) => {
    const result = await httpProbe(request, { timeout_ms: input.timeout_ms ?? NO_LIMIT_MS, userAgent: "kube-lifecycle/1.36", clock: input.clock });
    // Any answer will do; only no answer is a failure.
    return result.type === "failure" && !result.output.startsWith("HTTP probe failed with statuscode") ? result.output : undefined;
  };
  const failure = await ask(target);
  if (failure === undefined) return;
  if (!failure.endsWith(": http: server gave HTTP response to HTTPS client")) throw problem(failure);
  const headers = target.headers.filter(({ name }) => name.toLowerCase() !== "authorization");
  if ((await ask({ ...target, scheme: "http", headers })) !== undefined) throw problem(failure);
  const message = `request to HTTPS lifecycle hook ${joinHostPort(target.host, port)} got HTTP response, retry with HTTP succeeded`;
  input.event({ type: "Warning", reason: "LifecycleHTTPFallback", message });
}
