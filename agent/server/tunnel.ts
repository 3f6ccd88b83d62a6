import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { currentSandbox, type PodRuntime } from "../pod/runtime-state.ts";
import { HttpError } from "./http-error.ts";
import type { Route } from "./routes.ts";

type TunnelRoute = Extract<Route, { type: "tunnel" }>;

const CONNECT_TIMEOUT_MS = 20_000;

/** The address that a tunnel leads to: only one that the runtime gave this pod, whatever the API says it has. @throws HttpError 400, 404 */
export function tunnelAddress(runtime: PodRuntime, route: TunnelRoute, nodeIp: string): { host: string; port: number } {
  const { ip, port } = route;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new HttpError(400, "invalid port");
  const sandbox = currentSandbox(runtime);
  if (sandbox?.ready !== true) throw new HttpError(404, `pod ${route.pod} is not running`);
  const own = sandbox.ips.length > 0 ? sandbox.ips : [nodeIp];
  if (ip !== "" && !own.includes(ip)) throw new HttpError(404, `pod ${route.pod} does not have the address ${ip}`);
  return { host: ip === "" ? (own[0] as string) : ip, port };
}

/** Dials, says so, and joins caller and pod byte by byte, half-closes included, until both have ended. Resolves when it is joined or refused. */
export function openTunnel(caller: Duplex, early: Buffer, address: { host: string; port: number }): Promise<void> {
  return new Promise((resolve) => {
    const pod = connect({ ...address, allowHalfOpen: true });
    pod.setTimeout(CONNECT_TIMEOUT_MS, () => pod.destroy(Object.assign(new Error("i/o timeout"), { code: "ETIMEDOUT" })));
    const refused = (error: NodeJS.ErrnoException) => {
      caller.end(refusal(error));
      resolve();
    };
    pod.once("error", refused);
    caller.once("close", () => pod.destroy());
    pod.once("connect", () => {
      pod.off("error", refused);
      pod.on("error", () => caller.destroy());
      pod.setTimeout(0);
      caller.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
      if (early.length > 0) pod.write(early);
      pod.pipe(caller);
      caller.pipe(pod);
      resolve();
    });
  });
}

/** What kept the pod from being reached, with the system's code so that the caller can word it. */
function refusal(error: NodeJS.ErrnoException): string {
  const body = `${error.message}\n`;
  const code = error.code === undefined ? "" : `X-Error-Code: ${error.code}\r\n`;
  return `HTTP/1.1 502 Bad Gateway\r\n${code}Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}
