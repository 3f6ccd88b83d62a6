import { connect } from "node:net";
import { dialError, joinHostPort } from "./network-error.ts";
import type { ProbeResult } from "./outcome.ts";

/** Whether something accepts connections there. */
export function tcpProbe(host: string, port: number, timeout_ms: number): Promise<ProbeResult> {
  const address = joinHostPort(host, port);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeout_ms, () => finish({ type: "failure", output: `dial tcp ${address}: i/o timeout` }));
    socket.once("connect", () => finish({ type: "success", output: "" }));
    socket.once("error", (error) => finish({ type: "failure", output: dialError(error, address) }));
  });
}
