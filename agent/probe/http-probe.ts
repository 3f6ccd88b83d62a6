import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { goQuote } from "../../api/status/go-text.ts";
import type { Clock } from "../../lib/clock.ts";
import { httpRequest } from "../../lib/http.ts";
import { dialError, joinHostPort } from "./network-error.ts";
import type { ProbeResult } from "./outcome.ts";

export interface HttpTarget {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

export interface HttpProbeOptions {
  readonly timeout_ms: number;
  readonly userAgent: string;
  readonly clock: Clock;
}

const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A GET that succeeds with a status of 200 to 399; redirects are followed on the same host, any other 3xx is a warning. Certificates are not checked. */
export async function httpProbe(target: HttpTarget, options: HttpProbeOptions): Promise<ProbeResult> {
  const url = new URL(`${target.scheme}://${joinHostPort(target.host, target.port)}`);
  const [path = "", query] = target.path.startsWith("/") ? target.path.split(/\?(.*)/s) : `/${target.path}`.split(/\?(.*)/s);
  url.pathname = path;
  url.search = query === undefined ? "" : `?${query}`;
  const deadline = new AbortController();
  const timer = options.clock.after(options.timeout_ms, () => deadline.abort());
  try {
    return await follow(url, target, options, deadline.signal, 0);
  } finally {
    timer.cancel();
  }
}

async function follow(url: URL, target: HttpTarget, options: HttpProbeOptions, signal: AbortSignal, hops: number): Promise<ProbeResult> {
  let answer: { status: number; location: string | undefined; body: string };
  try {
    answer = await get(url, target, options.userAgent, signal);
  } catch (error) {
    const words = signal.aborted ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)" : httpError(error as RequestError, url);
    return { type: "failure", output: `Get ${goQuote(textOf(url))}: ${words}` };
  }
  const next = REDIRECTS.has(answer.status) && answer.location ? new URL(answer.location, url) : undefined;
  if (next !== undefined && next.hostname === url.hostname) {
    if (hops + 1 >= MAX_REDIRECTS) return { type: "failure", output: `Get ${goQuote(answer.location ?? "")}: stopped after ${MAX_REDIRECTS} redirects` };
    return follow(next, target, options, signal, hops + 1);
  }
  if (answer.status >= 300 && answer.status < 400) return { type: "warning", output: `Probe terminated redirects, Response body: ${answer.body}` };
  if (answer.status >= 200 && answer.status < 300) return { type: "success", output: answer.body };
  return { type: "failure", output: `HTTP probe failed with statuscode: ${answer.status}` };
}

/** What Node's HTTP client rejects with; `local`: our end of the connection, where there was one. */
type RequestError = NodeJS.ErrnoException & { rawPacket?: Buffer; local?: string };

/** Go's words for an answer that is none. */
function httpError(error: RequestError, url: URL): string {
  const { code = "", rawPacket } = error;
  if (url.protocol === "https:" && (code === "EPROTO" || code.startsWith("ERR_SSL_"))) return "http: server gave HTTP response to HTTPS client";
  if (code.startsWith("HPE_") && rawPacket !== undefined) return `net/http: HTTP/1.x transport connection broken: malformed HTTP ${malformed(rawPacket.toString("latin1").split(/\r?\n/)[0] ?? "")}`;
  const { local } = error;
  return dialError(error, hostPort(url), local);
}

/** What is wrong with an answer's first line. */
function malformed(line: string): string {
  const blank = line.indexOf(" ");
  if (blank < 0) return `response ${goQuote(line)}`;
  const status = line.slice(blank + 1).replace(/^ +/, "").split(" ")[0] ?? "";
  return /^\d{3}$/.test(status) ? `version ${goQuote(line.slice(0, blank))}` : `status code ${goQuote(status)}`;
}

/** The port even where it is the scheme's own. */
function hostPort(url: URL): string {
  return url.port === "" ? `${url.hostname}:${url.protocol === "https:" ? 443 : 80}` : url.host;
}

function textOf(url: URL): string {
  return `${url.protocol}//${hostPort(url)}${url.pathname}${url.search}`;
}

function get(url: URL, target: HttpTarget, userAgent: string, signal: AbortSignal): Promise<{ status: number; location: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(
      url,
      { agent: false, signal, rejectUnauthorized: false, headers: headersOf(target, url, userAgent) },
      (response) => {
        readStart(response).then((body) => {
          request.destroy();
          resolve({ status: response.statusCode ?? 0, location: response.headers.location, body });
        }, reject);
      },
    );
    let local: string | undefined;
    request.once("socket", (socket) => socket.once("connect", () => {
      local = joinHostPort(socket.localAddress ?? "", socket.localPort ?? 0);
    }));
    request.once("error", (error) => reject(Object.assign(error, { local })));
    request.end();
  });
}

/** Names, spelled as Go spells them, and values by turns, in the order in which Go writes them: simple servers look at that. */
function headersOf(target: HttpTarget, url: URL, userAgent: string): string[] {
  const headers = new Map<string, string[]>();
  for (const { name, value } of target.headers) headers.set(canonical(name), [...(headers.get(canonical(name)) ?? []), value]);
  // An empty value takes a header away that would be there otherwise.
  const taken = (name: string, preset: string) => {
    const value = headers.get(name)?.[0] ?? preset;
    headers.delete(name);
    return value === "" ? [] : [name, value];
  };
  const first = [["Host", headers.get("Host")?.[0] || hostPort(url)], taken("User-Agent", userAgent)].flat();
  headers.delete("Host");
  headers.delete("Connection");
  if (!headers.has("Accept")) headers.set("Accept", ["*/*"]);
  else if (headers.get("Accept")?.[0] === "") headers.delete("Accept");
  const others = [...headers].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, values]) => values.flatMap((value) => [name, value]));
  return [...first, ...others, "Connection", "close"];
}

/** `X-Own` for `x-own`. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

async function readStart(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString("utf8");
}
