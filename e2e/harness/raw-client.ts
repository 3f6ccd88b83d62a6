import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { parse } from "yaml";

/** A request as it stands: path and body are sent unchanged. */
export interface RawCall {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Uint8Array;
  readonly contentType?: string;
}

export interface RawAnswer {
  readonly code: number;
  readonly body: { kind?: string; reason?: string; message?: string; code?: number; details?: { causes?: { field?: string; message?: string; reason?: string }[] } } & Record<string, unknown>;
}

/** Sends raw requests as the admin of a kubeconfig; runs where the test runs, so only for servers on loopback. */
export function rawClient(kubeconfigPath: string): (call: RawCall) => Promise<RawAnswer> {
  const file = parse(readFileSync(kubeconfigPath, "utf8"));
  const user = file.users[0].user;
  const base64 = (text: string) => Buffer.from(text, "base64");
  const agent = new Agent({ ca: base64(file.clusters[0].cluster["certificate-authority-data"]), cert: base64(user["client-certificate-data"]), key: base64(user["client-key-data"]), keepAlive: false });
  const server = new URL(file.clusters[0].cluster.server);
  return (call) =>
    new Promise((resolve, reject) => {
      const outgoing = request({ host: server.hostname, port: server.port, method: call.method, path: call.path, agent, headers: { "content-type": call.contentType ?? "application/json", ...(call.body === undefined ? {} : { "content-length": Buffer.byteLength(call.body) }) } }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("error", reject);
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          let body: RawAnswer["body"];
          try {
            body = JSON.parse(text);
          } catch {
            body = { message: text };
          }
          resolve({ code: incoming.statusCode ?? 0, body });
        });
      });
      // After an answer this changes nothing; without one it must not hang.
      outgoing.on("error", reject);
      outgoing.on("close", () => reject(new Error(`${call.method} ${call.path}: the connection closed without an answer`)));
      outgoing.end(call.body);
    });
}
