import type { ApiHandler } from "../api/exchange.ts";
import { kinds as allKinds } from "../api/kinds/index.ts";
import { serviceUnavailable } from "../api/status/errors.ts";
import { AdmissionChain } from "./admission/admission.ts";
import type { ApiServer, ApiServerOptions } from "./api-server-options.ts";
import { Authenticator } from "./auth/authenticator.ts";
import { AuthorizerChain, mastersAuthorizer } from "./auth/authorizer.ts";
import { claimStore } from "./auth/server-keys.ts";
import { answerError } from "./chain/answer.ts";
import { makeChain } from "./chain/chain.ts";
import { Health } from "./chain/health.ts";
import { Lifecycle } from "./chain/lifecycle.ts";
import { Query } from "./chain/query.ts";
import { bootstrapNamespaces, bootstrapPriorityClasses } from "./registry/bootstrap-objects.ts";
import { EventLeases } from "./registry/event-leases.ts";
import type { Registry } from "./registry/registry.ts";
import { KindTable } from "./registry/served-kind.ts";
import { ensureObject } from "./registry/system-write.ts";
import { WatchCache } from "./registry/watch-cache.ts";
import { makeRouter } from "./route.ts";

const DEFAULT_EVENT_TTL_S = 3_600;

/** Puts the API server together; `start` makes it serve. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, clock, random, logger } = options;
  const kinds = new KindTable(options.kinds ?? allKinds);
  const cache = new WatchCache({ store, clock, logger, kinds: kinds.all });
  const lifecycle = new Lifecycle();
  const registry: Registry = {
    store,
    cache,
    kinds,
    admission: new AdmissionChain([]),
    clock,
    random,
    logger,
    eventLeases: new EventLeases(store, clock, options.eventTtl_s ?? DEFAULT_EVENT_TTL_S),
    allocators: [],
    closing: lifecycle.signal,
  };
  const health = new Health([{ name: "ping", check: () => undefined }], [{ name: "store", check: async () => void (await store.revision()) }]);
  const authenticator = new Authenticator({ authenticate: async () => undefined });
  const authorizer = new AuthorizerChain([mastersAuthorizer]);
  const chain = makeChain({ clock, logger, authenticator, authorizer, route: makeRouter({ registry, subresources: {}, virtual: {} }, health), observe: () => undefined });
  return {
    handler: guarded(chain, lifecycle),
    async start() {
      await claimStore(store, options.pki);
      await cache.start();
      for (const object of [...bootstrapNamespaces, ...bootstrapPriorityClasses]) await ensureObject(registry, object);
    },
    async close() {
      await lifecycle.close();
      await cache.close();
    },
  };
}

/** Requests are counted until their answer is made (streams go on after that, and end when the server closes). */
function guarded(chain: ApiHandler, lifecycle: Lifecycle): ApiHandler {
  return async (request) => {
    if (lifecycle.closing) return answerError({ request, info: { query: Query.empty } as never, user: { name: "", groups: [] }, now_ms: 0, warnings: [] }, serviceUnavailable("the server is shutting down"));
    const leave = lifecycle.enter();
    try {
      return await chain(request);
    } finally {
      leave();
    }
  };
}
