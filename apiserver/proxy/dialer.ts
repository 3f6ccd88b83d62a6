import { connect } from "node:net";
import type { Duplex } from "node:stream";

/** Opens TCP connections. */
export interface Dialer {
  /** Rejects with the system's error (ECONNREFUSED, …), or when `signal` aborts. */
  dial(host: string, port: number, signal: AbortSignal): Promise<Duplex>;
}

const DIAL_TIMEOUT_MS = 10_000;

/** From this process' own network. */
export const systemDialer: Dialer = {
  dial: (host, port, signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host, port, signal, allowHalfOpen: true });
      socket.setTimeout(DIAL_TIMEOUT_MS, () => socket.destroy(Object.assign(new Error("i/o timeout"), { code: "ETIMEDOUT" })));
      socket.on("error", reject);
      socket.once("connect", () => {
        socket.setTimeout(0);
        resolve(socket);
      });
    }),
};
