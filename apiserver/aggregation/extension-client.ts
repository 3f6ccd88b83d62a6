import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import type { UserInfo } from "../../api/exchange.ts";
import type { Clock } from "../../lib/clock.ts";
import { httpRequest } from "../../lib/http.ts";
import { dialErrorText } from "../proxy/dial-error.ts";
import type { ProxyTarget } from "../proxy/target.ts";
import { trustedBundle } from "../proxy/trusted-bundle.ts";
import { type BackendParts, findBackend } from "./backend.ts";
import { type FrontProxy, remoteUserHeaders } from "./front-proxy.ts";
import type { RemoteService } from "./remote-services.ts";

/** The API server itself, where it asks on its own behalf. */
const AGGREGATOR: UserInfo = { name: "system:kube-aggregator", groups: ["system:masters"] };

export interface Fetched {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly bytes: Buffer;
  /** What was asked: `https://10.0.0.1:443/apis/…`. */
  readonly url: string;
}

export interface FetchOptions {
  readonly accept: string;
  readonly timeout_ms: number;
  readonly limit_bytes: number;
  readonly etag?: string;
}

/** Speaks with extension servers: for clients (targets of the proxy), and for the API server's own checks. */
export class ExtensionClient {
  readonly #parts: BackendParts;
  readonly #frontProxy: FrontProxy;
  readonly #clock: Clock;

  constructor(parts: BackendParts, frontProxy: FrontProxy, clock: Clock) {
    this.#parts = parts;
    this.#frontProxy = frontProxy;
    this.#clock = clock;
  }

  /** Where a request of the user goes. @throws BackendError */
  async target(remote: RemoteService, user: UserInfo, path: string): Promise<ProxyTarget> {
    const { authority, dial } = await findBackend(this.#parts, remote);
    const { certificate, key } = await this.#frontProxy.certificate();
    const { namespace, name } = remote.service;
    const tls = { cert: certificate, key, servername: `${name}.${namespace}.svc`, rejectUnauthorized: !remote.insecureSkipTLSVerify, minVersion: "TLSv1.2" as const, ...trustedBundle(remote.caBundle) };
    return { scheme: "https", authority, host: authority, path, dial, tls, headers: remoteUserHeaders(user), refuseRedirects: true };
  }

  /** A GET of our own. @throws BackendError; Error when there is no whole answer in time */
  async fetch(remote: RemoteService, path: string, options: FetchOptions): Promise<Fetched> {
    const target = await this.target(remote, AGGREGATOR, path);
    const late = new AbortController();
    const timer = this.#clock.after(options.timeout_ms, () => late.abort(new Error(`no answer within ${options.timeout_ms / 1000} s`)), { background: true });
    const url = `https://${target.authority}${path}`;
    try {
      return { ...(await get(target, options, late.signal)), url };
    } catch (error) {
      throw new Error(`Get ${JSON.stringify(url)}: ${late.signal.aborted ? (late.signal.reason as Error).message : dialErrorText(target.authority, error)}`);
    } finally {
      timer.cancel();
    }
  }
}

async function get(target: ProxyTarget, { accept, limit_bytes, etag }: FetchOptions, signal: AbortSignal): Promise<Omit<Fetched, "url">> {
  const socket = await secured(target, await target.dial(signal), signal);
  const stop = () => socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const headers = { ...target.headers, host: target.authority, accept, ...(etag === undefined ? {} : { "if-none-match": etag }) };
    const head = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = httpRequest({ method: "GET", path: target.path, headers, setHost: false, createConnection: () => socket }, resolve);
      sent.on("error", reject);
      sent.end();
    });
    return { status: head.statusCode ?? 0, headers: head.headers, bytes: await collect(head, limit_bytes) };
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}

async function collect(head: IncomingMessage, limit_bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of head as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit_bytes) throw new Error(`the answer is longer than ${limit_bytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function secured(target: ProxyTarget, raw: Duplex, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const tls = tlsConnect({ socket: raw, ...target.tls, ALPNProtocols: ["http/1.1"] }, () => {
      signal.removeEventListener("abort", failed);
      resolve(tls);
    });
    const failed = () => {
      raw.destroy();
      reject(signal.aborted ? signal.reason : new Error("EOF"));
    };
    signal.addEventListener("abort", failed, { once: true });
    tls.on("error", (error) => {
      raw.destroy();
      reject(error);
    });
    tls.once("close", failed);
  });
}
