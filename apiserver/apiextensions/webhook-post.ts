import type { IncomingMessage } from "node:http";
import { type Agent, request as httpsRequest, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import type { Clock } from "../../lib/clock.ts";
import { trustedBundle, type TrustedBundle } from "../proxy/trusted-bundle.ts";
import type { ReviewPost } from "./conversion-review.ts";

/** How long a conversion webhook may take. */
const TIMEOUT_MS = 30_000;
/** A page of a list, converted. */
const MAX_ANSWER_BYTES = 64 << 20;
const DEFAULT_PORT = 443;

/** Where a webhook is: at a URL, or behind a Service. */
export interface WebhookAddress {
  readonly url?: string;
  readonly service?: { readonly namespace?: string; readonly name?: string; readonly path?: string; readonly port?: number };
  /** PEM, base64. */
  readonly caBundle?: string;
}

/** A connection to a Service of the cluster. */
export type DialService = (service: { readonly namespace: string; readonly name: string; readonly port: number }, signal: AbortSignal) => Promise<Duplex>;

export interface WebhookParts {
  /** Keeps connections to URLs. */
  readonly agent: Agent;
  readonly dialService: DialService;
  readonly clock: Clock;
}

/** Posts to a webhook over TLS, whose certificate the bundle (or a public authority) must have signed. */
export function webhookPost(address: WebhookAddress, parts: WebhookParts): ReviewPost {
  const { url, service, caBundle } = address;
  const trusted = trustedBundle(caBundle === undefined ? undefined : Buffer.from(caBundle, "base64").toString("latin1"));
  const host = `${service?.name ?? ""}.${service?.namespace ?? ""}.svc`;
  const port = service?.port ?? DEFAULT_PORT;
  const target = url === undefined ? `https://${host}:${port}${service?.path ?? "/"}` : url;
  return async (body) => {
    const late = new AbortController();
    const timer = parts.clock.after(TIMEOUT_MS, () => late.abort(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), { background: true });
    try {
      const connection = url === undefined ? await connected(parts, { namespace: service?.namespace ?? "", name: service?.name ?? "", port }, { servername: host, ...trusted }, late.signal) : { agent: parts.agent, ...trusted };
      return await post(target, body, connection, late.signal);
    } catch (error) {
      const cause = late.signal.aborted ? (late.signal.reason as Error) : (error as Error);
      throw new Error(`Post ${JSON.stringify(target)}: ${cause.message}`);
    } finally {
      timer.cancel();
    }
  };
}

async function connected({ dialService }: WebhookParts, service: Parameters<DialService>[0], tls: TrustedBundle & { servername: string }, signal: AbortSignal): Promise<RequestOptions> {
  const socket = await dialService(service, signal);
  const secured = tlsConnect({ socket, ...tls, ALPNProtocols: ["http/1.1"] });
  // Without an agent: it would dial by itself.
  return { createConnection: () => secured };
}

function post(url: string, body: string, connection: RequestOptions, signal: AbortSignal): Promise<string> {
  const headers = { "content-type": "application/json", accept: "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { method: "POST", headers, signal, ...connection }, (response) => {
      text(response).then((answer) => {
        if (response.statusCode === 200) resolve(answer);
        else reject(new Error(`the server answered ${response.statusCode}: ${answer.slice(0, 200)}`));
      }, reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer has more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
