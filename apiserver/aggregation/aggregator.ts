import type { ApiResponse } from "../../api/exchange.ts";
import { resourceNotFound, serviceUnavailable, StatusError, timeout } from "../../api/status/errors.ts";
import type { Pki } from "../auth/pki.ts";
import type { RequestContext } from "../chain/context.ts";
import type { RequestInfo } from "../chain/request-info.ts";
import type { OpenApiSource } from "../discovery/openapi-source.ts";
import { proxyRequest } from "../proxy/reverse-proxy.ts";
import type { Registry } from "../registry/registry.ts";
import { Availability } from "./availability.ts";
import { BackendError, type BackendParts } from "./backend.ts";
import { ExtensionClient } from "./extension-client.ts";
import { ExtensionDiscovery } from "./extension-discovery.ts";
import { ExtensionOpenApi } from "./extension-openapi.ts";
import { FrontProxy } from "./front-proxy.ts";
import { LocalServices } from "./local-services.ts";
import { type RemoteService, RemoteServices } from "./remote-services.ts";

/** API aggregation: APIServices, and the extension servers behind those that name a Service. */
export class Aggregator {
  readonly discovery: ExtensionDiscovery;
  readonly openapi: OpenApiSource;
  readonly #registry: Registry;
  readonly #remotes: RemoteServices;
  readonly #client: ExtensionClient;
  readonly #frontProxy: FrontProxy;
  readonly #availability: Availability;
  readonly #local: LocalServices;

  constructor(parts: BackendParts & { readonly pki: Pki }) {
    const { registry } = parts;
    this.#registry = registry;
    this.#local = new LocalServices(registry);
    this.#remotes = new RemoteServices(registry.kinds);
    this.#frontProxy = new FrontProxy(parts.pki, registry.clock);
    this.#client = new ExtensionClient(parts, this.#frontProxy, registry.clock);
    this.#availability = new Availability({ registry, remotes: this.#remotes, client: this.#client });
    this.discovery = new ExtensionDiscovery(this.#remotes, this.#availability);
    this.openapi = new ExtensionOpenApi(this.#client, this.#remotes, this.#availability, registry.logger);
  }

  /** Makes the local APIServices and what extension servers look for, and begins to check theirs. The cache must be filled. */
  async start(): Promise<void> {
    const kind = this.#registry.kinds.byResource("apiregistration.k8s.io", "v1", "apiservices");
    if (kind === undefined) return;
    await this.#local.start();
    await this.#frontProxy.publish(this.#registry);
    this.#remotes.follow(this.#registry.cache.of(kind));
    this.#availability.start();
  }

  async close(): Promise<void> {
    this.#availability.close();
    await this.#local.close();
  }

  /** The request is an extension server's: its body passes unread. */
  serves(info: RequestInfo): boolean {
    return this.#remoteOf(info) !== undefined;
  }

  /** What the extension server answers. @throws StatusError 503 where it cannot be reached, 404 where the APIService went */
  async answer(context: RequestContext): Promise<ApiResponse> {
    const { info, request, user } = context;
    const remote = this.#remoteOf(info);
    if (remote === undefined) throw resourceNotFound();
    if (!remote.available) throw unavailable(remote, remote.message);
    const late = new AbortController();
    const timer = isLongRunning(context) ? undefined : this.#registry.clock.after(requestTimeout_ms(info.query.get("timeout")), () => late.abort(), { background: true });
    try {
      return await proxyRequest(context, await this.#client.target(remote, user, request.url), AbortSignal.any([this.#registry.closing, late.signal]));
    } catch (error) {
      if (late.signal.aborted) {
        this.#availability.suspect(remote.name);
        throw timeout("request did not complete within the allotted timeout");
      }
      if (error instanceof BackendError) {
        this.#availability.suspect(remote.name);
        throw unavailable(remote, error.message);
      }
      if (error instanceof StatusError && error.code === 503) this.#availability.suspect(remote.name);
      throw error;
    } finally {
      timer?.cancel();
    }
  }

  #remoteOf({ path, group, version }: RequestInfo): RemoteService | undefined {
    return version !== "" && path.startsWith("/apis/") ? this.#remotes.of(group, version) : undefined;
  }
}

const MAX_REQUEST_MS = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** How long the answer's head may take: `timeout` of the query (a Go duration), at most a minute. */
function requestTimeout_ms(text: string | undefined): number {
  const parts = [...(text ?? "").matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const asked_ms = parts.reduce((sum, [, number, unit = ""]) => sum + Number(number) * (UNIT_MS[unit] ?? 0), 0);
  return asked_ms > 0 ? Math.min(asked_ms, MAX_REQUEST_MS) : MAX_REQUEST_MS;
}

/** Watches and upgrades may begin whenever the server likes. */
function isLongRunning({ info, request }: RequestContext): boolean {
  return info.verb === "watch" || request.upgradable === true;
}

function unavailable({ name }: RemoteService, message: string): StatusError {
  return serviceUnavailable(`the server behind APIService ${JSON.stringify(name)} cannot be reached: ${message}`);
}
