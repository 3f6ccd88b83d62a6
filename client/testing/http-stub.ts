import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Stub {
  readonly url: string;
  readonly server: Server;
  /** `METHOD path` of each request so far. */
  readonly requests: string[];
  /** Ends the server and its connections; its port then refuses. */
  stop(): Promise<void>;
}

/** A server on loopback that answers as a test says: for what a whole API server cannot be made to do (hang, break off, answer garbage). */
export async function startStub(answer: (request: IncomingMessage, response: ServerResponse, count: number) => void): Promise<Stub> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, server, requests, stop };
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

