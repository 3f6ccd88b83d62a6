import { createHash } from "node:crypto";
import { openapiDefinitionNames } from "../../api/openapi/openapi.ts";
import type { Logger } from "../../lib/logger.ts";
import type { ExtraDocument, OpenApiSource, SwaggerPart } from "../discovery/openapi-source.ts";
import type { Availability } from "./availability.ts";
import type { ExtensionClient } from "./extension-client.ts";
import type { RemoteService, RemoteServices } from "./remote-services.ts";

const TIMEOUT_MS = 10_000;
const MAX_DOCUMENT_BYTES = 16 << 20;
const JSON_TYPE = "application/json";

type Json = Record<string, unknown>;

interface Known {
  /** v3: path of the document on the server, and its hash. */
  document: { readonly url: string; readonly hash: string } | undefined;
  swagger: SwaggerPart | undefined;
  /** Of the server's v2 document, so that it is read again only when it changed. */
  etag: string | undefined;
  reading: boolean;
}

/** OpenAPI documents of extension servers, read after each good check; what one of them does not answer is left out. */
export class ExtensionOpenApi implements OpenApiSource {
  readonly #client: ExtensionClient;
  readonly #remotes: RemoteServices;
  readonly #logger: Logger;
  readonly #known = new Map<string, Known>();

  constructor(client: ExtensionClient, remotes: RemoteServices, availability: Availability, logger: Logger) {
    this.#client = client;
    this.#remotes = remotes;
    this.#logger = logger;
    remotes.onChange((name, service) => {
      if (service === undefined) this.#known.delete(name);
    });
    availability.onCheck((service, resources) => {
      if (resources !== undefined) void this.#read(service);
    });
  }

  v3(): readonly ExtraDocument[] {
    return this.#remotes.all.flatMap((service) => {
      const document = this.#known.get(service.name)?.document;
      if (document === undefined) return [];
      const content = async () => (await this.#fetch(service, document.url)).bytes;
      return [{ path: `apis/${service.group}/${service.version}`, hash: document.hash, content }];
    });
  }

  v2(): readonly SwaggerPart[] {
    const taken = new Set<string>();
    return this.#remotes.all.flatMap(({ name }) => {
      const part = this.#known.get(name)?.swagger;
      if (part === undefined) return [];
      // Servers made with the same library have definitions of the same names.
      const own = Object.entries(part.definitions).filter(([definition]) => !taken.has(definition));
      for (const [definition] of own) taken.add(definition);
      return [{ ...part, definitions: Object.fromEntries(own) }];
    });
  }

  async #read(service: RemoteService): Promise<void> {
    const known = this.#known.get(service.name) ?? { document: undefined, swagger: undefined, etag: undefined, reading: false };
    if (known.reading) return;
    this.#known.set(service.name, known);
    known.reading = true;
    try {
      known.document = await this.#readIndex(service);
      await this.#readSwagger(service, known);
    } catch (error) {
      this.#logger.debug({ err: error, apiService: service.name }, "the OpenAPI documents of an extension server could not be read");
    } finally {
      known.reading = false;
    }
  }

  async #readIndex(service: RemoteService): Promise<Known["document"]> {
    const { status, bytes } = await this.#fetch(service, "/openapi/v3");
    if (status !== 200) return undefined;
    const { paths } = JSON.parse(bytes.toString("utf8")) as { paths?: Record<string, { serverRelativeURL?: string }> };
    const url = paths?.[`apis/${service.group}/${service.version}`]?.serverRelativeURL;
    if (typeof url !== "string" || !url.startsWith("/openapi/v3/")) return undefined;
    return { url, hash: /[?&]hash=([0-9A-Za-z]+)/.exec(url)?.[1] ?? createHash("sha512").update(url).digest("hex").toUpperCase() };
  }

  async #readSwagger(service: RemoteService, known: Known): Promise<void> {
    const { status, bytes, headers } = await this.#fetch(service, "/openapi/v2", known.etag);
    if (status !== 200) return;
    known.etag = headers.etag;
    known.swagger = await swaggerPart(JSON.parse(bytes.toString("utf8")) as Json, `/apis/${service.group}/${service.version}/`);
  }

  #fetch(service: RemoteService, path: string, etag?: string) {
    return this.#client.fetch(service, path, { accept: JSON_TYPE, timeout_ms: TIMEOUT_MS, limit_bytes: MAX_DOCUMENT_BYTES, ...(etag === undefined ? {} : { etag }) });
  }
}

/** Of a server's whole v2 document the group version's paths, and the definitions that these need and that we do not have. */
async function swaggerPart(document: Json, prefix: string): Promise<SwaggerPart> {
  const paths = Object.fromEntries(Object.entries((document["paths"] ?? {}) as Json).filter(([path]) => path.startsWith(prefix) || path === prefix));
  const all = (document["definitions"] ?? {}) as Json;
  const ours = await openapiDefinitionNames();
  const definitions: Json = {};
  const pending = referencesIn(paths);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (Object.hasOwn(definitions, name) || ours.has(name) || !Object.hasOwn(all, name)) continue;
    definitions[name] = all[name];
    pending.push(...referencesIn(all[name]));
  }
  const hash = createHash("sha512").update(JSON.stringify([paths, definitions])).digest("hex");
  return { hash, paths, definitions };
}

function referencesIn(value: unknown): string[] {
  return [...JSON.stringify(value ?? null).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)].map((match) => match[1] ?? "");
}
