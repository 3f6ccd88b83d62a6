import { STATUS_CODES } from "node:http";
import type { Clock } from "../../lib/clock.ts";
import { CriError, messageOf } from "../errors.ts";
import { manifestMediaTypes, MANIFEST_LIMIT_BYTES } from "./manifest.ts";
import { basicHeader, boundedBytes, fetchToken, parseChallenges, type Credentials } from "./registry-auth.ts";
import { sha256 } from "./ingest.ts";

/** containerd's words, which people search for. */
const DENIED = "pull access denied, repository does not exist or may require authorization";
/** How long a registry may say nothing before the request counts as broken. */
export const IDLE_MS = 30_000;

export interface RegistryOptions {
  readonly registry: string;
  readonly repository: string;
  readonly credentials: Credentials | undefined;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** One repository of a registry (OCI distribution 1.1), reading only. */
export class RegistryClient {
  readonly #options: RegistryOptions;
  readonly #base: string;
  readonly #plainHttp: boolean;
  #authorization: string | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    const host = options.registry === "docker.io" ? "registry-1.docker.io" : options.registry;
    this.#plainHttp = isLoopback(host);
    this.#base = `${this.#plainHttp ? "http" : "https"}://${host}/v2/${options.repository}`;
  }

  /** A manifest or index by tag or digest, with the digest of its bytes. NOT_FOUND when the registry has none. */
  async manifest(reference: string): Promise<{ bytes: Buffer; digest: string }> {
    const response = await this.#request(`/manifests/${reference}`, { accept: manifestMediaTypes.join(", ") });
    const bytes = await boundedBytes(response, MANIFEST_LIMIT_BYTES);
    const digest = sha256(bytes);
    if (reference.startsWith("sha256:") && reference !== digest) throw new CriError("UNKNOWN", `the registry answers for manifest ${reference} with ${digest}`);
    return { bytes, digest };
  }

  /** A blob from byte `offset` on. `from` is where the answer starts: 0 when the registry can't resume. */
  async blob(digest: string, offset: number): Promise<{ from: number; body: AsyncIterable<Uint8Array> }> {
    const response = await this.#request(`/blobs/${digest}`, offset > 0 ? { range: `bytes=${offset}-` } : {});
    const range = /^bytes ([0-9]+)-/.exec(response.headers.get("content-range") ?? "");
    const from = response.status === 206 && range !== null ? Number(range[1]) : 0;
    if (response.body === null) throw new Error("the registry answers without a body");
    return { from, body: untilIdle(response.body, this.#options.clock) };
  }

  async #request(path: string, headers: Record<string, string>): Promise<Response> {
    let response = await this.#send(path, headers);
    if (response.status === 401) {
      await response.body?.cancel();
      this.#authorization = await this.#logIn(response.headers.get("www-authenticate") ?? "");
      response = await this.#send(path, headers);
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw this.#failure(response.status, path);
  }

  async #send(path: string, headers: Record<string, string>): Promise<Response> {
    const timeout = idleSignal(this.#options.clock);
    try {
      const authorization = this.#authorization;
      return await this.#options.fetch(`${this.#base}${path}`, {
        headers: { ...headers, "accept-encoding": "identity", "user-agent": "berth", ...(authorization === undefined ? {} : { authorization }) },
        signal: timeout.signal,
      });
    } catch (error) {
      throw new CriError("UNAVAILABLE", `failed to do request: Get ${JSON.stringify(`${this.#base}${path}`)}: registry ${this.#options.registry} can't be reached: ${causeOf(error)}`);
    } finally {
      timeout.done();
    }
  }

  async #logIn(header: string): Promise<string> {
    const { credentials, registry, repository, fetch, clock } = this.#options;
    for (const challenge of parseChallenges(header)) {
      if (challenge.scheme === "basic") {
        if (credentials !== undefined && credentials.username !== "") return basicHeader(credentials);
        continue;
      }
      const timeout = idleSignal(clock);
      try {
        return await fetchToken({ fetch, challenge, credentials, repository, plainHttp: this.#plainHttp, signal: timeout.signal });
      } finally {
        timeout.done();
      }
    }
    throw new CriError("UNAUTHENTICATED", `${DENIED}: registry ${registry} asks for a login${credentials === undefined ? ", and there are no credentials for it" : " of a kind that is not supported"}`);
  }

  #failure(status: number, path: string): CriError {
    const { registry, repository } = this.#options;
    if (status === 404) return new CriError("NOT_FOUND", `${registry}/${repository}${path}: not found`);
    if (status === 401) return new CriError("UNAUTHENTICATED", `${DENIED}: registry ${registry} refuses the credentials`);
    const what = `unexpected status from GET request to ${this.#base}${path}: ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
    if (status === 403) return new CriError("PERMISSION_DENIED", what);
    if (status === 429) return new CriError("RESOURCE_EXHAUSTED", what);
    return new CriError(status >= 500 ? "UNAVAILABLE" : "UNKNOWN", what);
  }
}

/** Registries on this machine are spoken to without TLS. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, "");
  return name === "localhost" || name === "[::1]" || /^127\.[0-9]+\.[0-9]+\.[0-9]+$/.test(name);
}

/** fetch hides the reason in `cause`. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.message !== "" ? cause.message : cause instanceof AggregateError ? messageOf(cause.errors[0]) : messageOf(error);
}

function idleSignal(clock: Clock): { signal: AbortSignal; done(): void } {
  const abort = new AbortController();
  const timer = clock.after(IDLE_MS, () => abort.abort(new Error(`no answer within ${IDLE_MS / 1000} s`)));
  return { signal: abort.signal, done: () => timer.cancel() };
}

/** The stream's chunks; throws when none comes for too long. */
async function* untilIdle(body: ReadableStream<Uint8Array>, clock: Clock): AsyncGenerator<Uint8Array, void, void> {
  const reader = body.getReader();
  try {
    for (;;) {
      let cancel = () => {};
      const idle = new Promise<never>((_, reject) => {
        const timer = clock.after(IDLE_MS, () => reject(new Error(`the registry sends nothing for ${IDLE_MS / 1000} s`)));
        cancel = () => timer.cancel();
      });
      const next = await Promise.race([reader.read(), idle]).finally(cancel);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
