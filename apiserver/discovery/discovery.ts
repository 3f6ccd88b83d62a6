import { createHash } from "node:crypto";
import type { ApiResponse } from "../../api/exchange.ts";
import { methodNotAllowed, resourceNotFound } from "../../api/status/errors.ts";
import { answerHeaders, answerNotFoundText, answerObject, negotiate } from "../chain/answer.ts";
import { header, type RequestContext } from "../chain/context.ts";
import type { ExtensionVersion } from "../aggregation/extension-discovery.ts";
import type { KindTable } from "../registry/served-kind.ts";
import { aggregatedDiscovery, AGGREGATED_TYPE } from "./aggregated.ts";
import { apiGroup, apiResourceList, groupsOf } from "./legacy.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** Group versions of extension servers; `generation` grows with every change. */
interface Extensions {
  readonly generation: number;
  readonly versions: readonly ExtensionVersion[];
}

/** Answers /api, /apis and everything below them that is no resource; undefined for other paths. */
export class Discovery {
  readonly #kinds: KindTable;
  readonly #address: () => string;
  readonly #extensions: Extensions;
  readonly #aggregated = new Map<boolean, { bytes: Uint8Array; etag: string; of: string }>();

  /** `address`: `HOST:PORT` that clients may use. `extensions`: what is served elsewhere. */
  constructor(kinds: KindTable, address: () => string, extensions: Extensions) {
    this.#kinds = kinds;
    this.#address = address;
    this.#extensions = extensions;
  }

  answer(context: RequestContext): ApiResponse | undefined {
    const [root, ...rest] = context.info.path.split("/").slice(1);
    if (root !== "api" && root !== "apis") return undefined;
    if (rest.at(-1) === "") rest.pop();
    // Kubernetes answers the lists of groups and a group whatever the method is.
    if (root === "api" && context.info.method !== "GET") throw methodNotAllowed();
    if (rest.length === 0) return this.#root(context, root === "api");
    return root === "api" ? this.#core(context, rest) : this.#group(context, rest);
  }

  #root(context: RequestContext, core: boolean): ApiResponse {
    if (wantsAggregated(context)) return this.#aggregatedAnswer(context, core);
    const address = { clientCIDR: "0.0.0.0/0", serverAddress: this.#address() };
    const document = core
      ? { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [address] }
      : { kind: "APIGroupList", apiVersion: "v1", groups: groupsOf(this.#kinds, this.#extensions.versions).map((group) => apiGroup(group, false)) };
    return core ? plain(context, document) : plainOfGroups(context, document);
  }

  #core(context: RequestContext, [version = ""]: readonly string[]): ApiResponse {
    const list = apiResourceList(this.#kinds, "", version);
    if (list === undefined) throw resourceNotFound();
    return plain(context, list);
  }

  #group(context: RequestContext, [name = "", version]: readonly string[]): ApiResponse {
    const group = groupsOf(this.#kinds, this.#extensions.versions).find((candidate) => candidate.group === name);
    if (group === undefined) return answerNotFoundText();
    if (version === undefined) return plainOfGroups(context, apiGroup(group, true));
    const isBuiltIn = this.#kinds.all.some(({ entry, custom }) => entry.group === name && custom === undefined);
    const list = apiResourceList(this.#kinds, name, version);
    if (list === undefined) {
      if (isBuiltIn) throw resourceNotFound();
      return answerNotFoundText();
    }
    if (isBuiltIn && context.info.method !== "GET") throw methodNotAllowed();
    return plain(context, list);
  }

  #aggregatedAnswer(context: RequestContext, core: boolean): ApiResponse {
    const known = this.#aggregated.get(core);
    const state = `${this.#kinds.generation}/${this.#extensions.generation}`;
    const document = known?.of === state ? known : { ...withEtag(aggregatedDiscovery(this.#kinds, this.#extensions.versions, core)), of: state };
    this.#aggregated.set(core, document);
    const headers = { ...answerHeaders(context, AGGREGATED_TYPE), "cache-control": "public", etag: document.etag, vary: "Accept" };
    if (header(context.request, "if-none-match") === document.etag) return { status: 304, headers, body: { type: "none" } };
    return { status: 200, headers, body: { type: "bytes", bytes: document.bytes } };
  }
}

function withEtag(document: object): { bytes: Uint8Array; etag: string } {
  const bytes = Buffer.from(`${JSON.stringify(document)}\n`);
  return { bytes, etag: `"${createHash("sha512").update(bytes).digest("hex").toUpperCase()}"` };
}

/** Any alternative of the Accept header asks for aggregated discovery in the version that we have. */
function wantsAggregated(context: RequestContext): boolean {
  return (header(context.request, "accept") ?? "").split(",").some((alternative) => {
    const parameters = alternative.split(";").map((part) => part.trim());
    return parameters[0] === "application/json" && parameters.includes("g=apidiscovery.k8s.io") && parameters.includes("v=v2") && parameters.includes("as=APIGroupDiscoveryList");
  });
}

/** Groups are answered past the router, which would look at Accept first. */
function plainOfGroups(context: RequestContext, document: object): ApiResponse {
  return plain(context, document, UNROUTED);
}

const ROUTED = { tables: false };
const UNROUTED = { tables: false, unrouted: true };

function plain(context: RequestContext, document: object, options = ROUTED): ApiResponse {
  const { kind } = document as { kind: string };
  return answerObject(context, negotiate(context, options), `${META}.${kind}`, document, 200);
}
