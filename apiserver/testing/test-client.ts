import { Agent, request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import type { KeyPair } from "../auth/pki.ts";
import type { TestServer } from "./test-server.ts";

// biome-ignore lint/suspicious/noExplicitAny: what a server answers is any JSON, and tests look into it
export type Json = any;

export interface TestResponse {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly body: Json;
}

export interface TestRequest {
  readonly body?: unknown;
  /** Content type; JSON where absent. */
  readonly type?: string;
  readonly accept?: string;
  readonly headers?: Record<string, string | string[]>;
}

/** Plain HTTPS calls as some user, for tests. */
export class TestClient {
  readonly #server: TestServer;
  readonly #agent: Agent;
  readonly #credentials: { cert?: string; key?: string };
  readonly #headers: Record<string, string | string[]>;

  /** `credentials`: the administrator's where absent; null is nobody. */
  constructor(server: TestServer, credentials: KeyPair | null = server.admin, headers: Record<string, string | string[]> = {}) {
    this.#server = server;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 64 });
    this.#credentials = credentials === null ? {} : { cert: credentials.certificate, key: credentials.key };
    this.#headers = headers;
  }

  get(path: string, request: TestRequest = {}): Promise<TestResponse> {
    return this.call("GET", path, request);
  }

  post(path: string, body: unknown, request: TestRequest = {}): Promise<TestResponse> {
    return this.call("POST", path, { ...request, body });
  }

  put(path: string, body: unknown, request: TestRequest = {}): Promise<TestResponse> {
    return this.call("PUT", path, { ...request, body });
  }

  patch(path: string, body: unknown, type = "application/merge-patch+json", request: TestRequest = {}): Promise<TestResponse> {
    return this.call("PATCH", path, { ...request, body, type });
  }

  delete(path: string, body?: unknown): Promise<TestResponse> {
    return this.call("DELETE", path, body === undefined ? {} : { body });
  }

  async call(method: string, path: string, request: TestRequest = {}): Promise<TestResponse> {
    const response = await this.open(method, path, request);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    return { status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) };
  }

  /** The answer's head; the body is the caller's to read or destroy. */
  open(method: string, path: string, request: TestRequest = {}): Promise<IncomingMessage> {
    const body = request.body === undefined ? undefined : typeof request.body === "string" || Buffer.isBuffer(request.body) ? request.body : JSON.stringify(request.body);
    const headers: Record<string, string | string[]> = { accept: request.accept ?? "application/json", ...this.#headers, ...request.headers };
    if (body !== undefined) {
      headers["content-type"] ??= request.type ?? "application/json";
      headers["content-length"] = String(Buffer.byteLength(body));
    }
    return new Promise((resolve, reject) => {
      // The path goes as it is: a URL object would tidy up what some tests are about.
      const sent = httpsRequest({ host: "127.0.0.1", port: this.#server.port, path, method, headers, agent: this.#agent, ca: this.#server.ca, ...this.#credentials }, resolve);
      sent.once("error", reject);
      sent.end(body);
    });
  }

  /** A watch: each line as JSON. `close` ends it; it also ends by itself when the server does. */
  async watch(path: string, request: TestRequest = {}): Promise<TestWatch> {
    const response = await this.open("GET", path, request);
    return new TestWatch(response);
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** An open watch. */
export class TestWatch {
  readonly status: number;
  readonly #response: IncomingMessage;
  readonly #lines: AsyncIterator<string>;

  constructor(response: IncomingMessage) {
    this.status = response.statusCode ?? 0;
    this.#response = response;
    response.on("error", () => undefined);
    this.#lines = createInterface({ input: response })[Symbol.asyncIterator]();
  }

  /** The next event, or undefined when the watch has ended. */
  async next(): Promise<Json> {
    const line = await this.#lines.next();
    return line.done === true ? undefined : JSON.parse(line.value);
  }

  async take(count: number): Promise<Json[]> {
    const events: Json[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (event === undefined) break;
      events.push(event);
    }
    return events;
  }

  close(): void {
    this.#response.destroy();
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
