import type { ApiHandler } from "../api/exchange.ts";
import { kinds as allKinds } from "../api/kinds/index.ts";
import { serviceUnavailable } from "../api/status/errors.ts";
import { Aggregator } from "./aggregation/aggregator.ts";
import { findBackend } from "./aggregation/backend.ts";
import type { AdmissionPlugin } from "./admission/admission.ts";
import { CustomResources } from "./apiextensions/custom-resources.ts";
import { AdmissionChain } from "./admission/admission.ts";
import { certificateRequests } from "./admission/certificate-requests.ts";
import { defaultIngressClass } from "./admission/default-ingress-class.ts";
import { defaultStorageClass } from "./admission/default-storage-class.ts";
import { defaultTolerationSeconds } from "./admission/default-toleration-seconds.ts";
import { deviceAdminAccess } from "./admission/device-admin-access.ts";
import { limitRanger } from "./admission/limits/limit-ranger.ts";
import { namespaceLifecycle } from "./admission/namespace-lifecycle.ts";
import { nodeRestriction } from "./admission/node-restriction.ts";
import { podSecurity } from "./admission/pod-security/pod-security.ts";
import { parameterAccess } from "./admission/policy/parameter-access.ts";
import { validatingPolicies } from "./admission/policy/validating-policies.ts";
import { podResize } from "./admission/pod-resize.ts";
import { podTopologyLabels } from "./admission/pod-topology-labels.ts";
import { priority } from "./admission/priority.ts";
import { resourceQuota } from "./admission/quota/resource-quota.ts";
import { runtimeClass } from "./admission/runtime-class.ts";
import { serviceAccountAdmission } from "./admission/service-account.ts";
import { taintNodesByCondition } from "./admission/taint-nodes-by-condition.ts";
import type { ApiServer, ApiServerOptions } from "./api-server-options.ts";
import { Authenticator } from "./auth/authenticator.ts";
import { type Authorizer, AuthorizerChain, mastersAuthorizer } from "./auth/authorizer.ts";
import { NodeAuthorizer } from "./auth/node/node-authorizer.ts";
import { NodeGraph } from "./auth/node/node-graph.ts";
import { ensureBootstrapPolicy } from "./auth/rbac/bootstrap.ts";
import { bootstrapPolicy } from "./auth/rbac/bootstrap-policy.ts";
import { escalationPrevention } from "./auth/rbac/escalation-admission.ts";
import { RbacAuthorizer } from "./auth/rbac/rbac-authorizer.ts";
import { RbacIndex } from "./auth/rbac/rbac-index.ts";
import { followRbacObjects } from "./auth/rbac/rbac-sync.ts";
import { claimStore } from "./auth/server-keys.ts";
import { ServiceAccountAuthenticator } from "./auth/service-account-authenticator.ts";
import { ServiceAccountTokens } from "./auth/service-account-tokens.ts";
import { answerError } from "./chain/answer.ts";
import { makeChain } from "./chain/chain.ts";
import { Health } from "./chain/health.ts";
import { Lifecycle } from "./chain/lifecycle.ts";
import { Metrics } from "./chain/metrics.ts";
import { Query } from "./chain/query.ts";
import type { RequestInfo } from "./chain/request-info.ts";
import { Discovery } from "./discovery/discovery.ts";
import { OpenApi } from "./discovery/openapi.ts";
import { OpenIdDiscovery } from "./discovery/openid.ts";
import { systemDialer } from "./proxy/dialer.ts";
import { bootstrapDefinitions } from "./apiextensions/bootstrap-definitions.ts";
import { bootstrapNamespaces, bootstrapPriorityClasses } from "./registry/bootstrap-objects.ts";
import { BindingGuard } from "./registry/bindings/binding-guard.ts";
import { EventLeases } from "./registry/event-leases.ts";
import type { KindCache } from "./registry/kind-cache.ts";
import type { Registry } from "./registry/registry.ts";
import { KindTable, type ServedKind } from "./registry/served-kind.ts";
import { KubernetesService } from "./registry/services/kubernetes-service.ts";
import { ServiceAllocator } from "./registry/services/service-allocator.ts";
import { SpecTemplates } from "./registry/spec-template.ts";
import { ensureObject } from "./registry/system-write.ts";
import { WatchCache } from "./registry/watch-cache.ts";
import { NodeClient } from "./rest/connect/node-client.ts";
import { makeReviews } from "./review/reviews.ts";
import { makeActions, makeVirtual } from "./rest/actions.ts";
import { makeRouter } from "./route.ts";

const DEFAULT_EVENT_TTL_S = 3_600;
const DEFAULT_ISSUER = "https://kubernetes.default.svc";
const DEFAULT_SERVICE_RANGE = "10.96.0.0/16";
const DEFAULT_NODE_PORTS = "30000-32767";
const DEFAULT_WATCH_BUFFER = { maxItems: 10_000, maxBytes: 64 << 20 };
const READY_WITHIN_MS = 2_000;

/** Puts the API server together; `start` makes it serve. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  return new Server(options);
}

class Server implements ApiServer {
  readonly handler: ApiHandler;
  readonly #options: ApiServerOptions;
  readonly #cache: WatchCache;
  readonly #registry: Registry;
  readonly #rbac = new RbacIndex();
  readonly #services: ServiceAllocator;
  readonly #nodes: NodeClient;
  readonly #kubernetesService: KubernetesService;
  readonly #aggregator: Aggregator;
  readonly #custom: CustomResources;
  readonly #lifecycle = new Lifecycle();

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { store, clock, random, logger } = options;
    const kinds = new KindTable(options.kinds ?? allKinds);
    this.#cache = new WatchCache({ store, clock, logger, kinds: kinds.all });
    const cacheOf = (group: string, plural: string) => requireCache(this.#cache, kinds, group, plural);
    const issuer = options.serviceAccountIssuer ?? DEFAULT_ISSUER;
    const authorizer = this.#makeAuthorizer(new NodeGraph(cacheOf("", "pods")));
    this.#services = new ServiceAllocator({ services: cacheOf("", "services"), range: options.serviceClusterIPRange ?? DEFAULT_SERVICE_RANGE, ports: parsePortRange(options.serviceNodePortRange ?? DEFAULT_NODE_PORTS), random });
    this.#registry = {
      store,
      cache: this.#cache,
      kinds,
      admission: new AdmissionChain(this.#makeAdmission(cacheOf, kinds, authorizer, issuer)),
      authorizer,
      clock,
      random,
      logger,
      eventLeases: new EventLeases(store, clock, options.eventTtl_s ?? DEFAULT_EVENT_TTL_S),
      allocators: [this.#services],
      bindings: new BindingGuard({ store, cache: this.#cache, pods: cacheOf("", "pods"), nodes: cacheOf("", "nodes"), clock, random }),
      templates: new SpecTemplates(),
      closing: this.#lifecycle.signal,
      allowPrivileged: options.allowPrivileged ?? false,
      watchBuffer: options.watchBuffer ?? DEFAULT_WATCH_BUFFER,
    };
    this.#kubernetesService = new KubernetesService({ registry: this.#registry, clusterIp: this.#services.firstAddress, advertised: options.advertise });
    this.#nodes = new NodeClient({ registry: this.#registry, pki: options.pki, clock });
    const backends = { registry: this.#registry, nodes: this.#nodes, dialer: options.dialer ?? systemDialer, serviceRange: options.serviceClusterIPRange ?? DEFAULT_SERVICE_RANGE };
    this.#aggregator = new Aggregator({ ...backends, pki: options.pki });
    const tokens = new ServiceAccountTokens({ privateKey: options.pki.serviceAccountKey, issuer, clock, random });
    const serviceAccounts = new ServiceAccountAuthenticator({ tokens, cache: this.#cache, kinds, clock });
    const authenticator = new Authenticator(serviceAccounts);
    const metrics = this.#makeMetrics(kinds);
    const around = { health: this.#makeHealth(), discovery: new Discovery(kinds, () => addressText(options.advertise), this.#aggregator.discovery), openapi: new OpenApi(), aggregator: this.#aggregator, openid: new OpenIdDiscovery(tokens, () => addressText(options.advertise)), metrics };
    this.#custom = new CustomResources(this.#registry, async (service, signal) => (await findBackend(backends, { service })).dial(signal));
    around.openapi.add(this.#aggregator.openapi);
    if (this.#custom.openapi !== undefined) around.openapi.add(this.#custom.openapi);
    const services = { registry: this.#registry, findCustom: (info: RequestInfo) => this.#custom.find(info), subresources: makeActions({ registry: this.#registry, nodes: this.#nodes, authorizer, logger, tokens }), virtual: { ...makeVirtual(this.#registry), ...makeReviews({ registry: this.#registry, authorizer, tokens: serviceAccounts, rbac: this.#rbac }) } };
    const chain = makeChain({ clock, logger, authenticator, authorizer, passesBody: (info) => this.#aggregator.serves(info), route: makeRouter(services, around), observe: (context, status, took_ms) => metrics.observe(context, status, took_ms) });
    this.handler = guarded(chain, this.#lifecycle);
  }

  async start(): Promise<void> {
    await claimStore(this.#options.store, this.#options.pki);
    await this.#cache.start();
    await this.#custom.start();
    followRbacObjects(this.#rbac, this.#cache, this.#registry.kinds);
    this.#services.start();
    for (const object of [...bootstrapNamespaces, ...bootstrapPriorityClasses]) await ensureObject(this.#registry, object);
    if (this.#custom.kinds !== undefined) for (const object of bootstrapDefinitions) await ensureObject(this.#registry, object);
    await this.#kubernetesService.start();
    await ensureBootstrapPolicy(this.#registry, bootstrapPolicy);
    await this.#aggregator.start();
    await this.#cache.fresh();
  }

  async close(): Promise<void> {
    await this.#aggregator.close();
    await this.#kubernetesService.stop();
    await this.#custom.stop();
    await this.#lifecycle.close();
    await this.#cache.close();
    this.#nodes.close();
  }

  #makeAuthorizer(graph: NodeGraph): Authorizer {
    const nodeRules = bootstrapPolicy.clusterRoles.find((role) => role.metadata.name === "system:node")?.rules ?? [];
    return new AuthorizerChain([mastersAuthorizer, new NodeAuthorizer(graph, nodeRules, async () => this.#cache.fresh()), new RbacAuthorizer(this.#rbac)]);
  }

  #makeAdmission(cacheOf: (group: string, plural: string) => KindCache, kinds: KindTable, authorizer: Authorizer, issuer: string): AdmissionPlugin[] {
    const fresh = async () => this.#cache.fresh();
    return [
      namespaceLifecycle(cacheOf("", "namespaces"), fresh),
      limitRanger(cacheOf("", "limitranges"), fresh),
      serviceAccountAdmission(cacheOf("", "serviceaccounts"), fresh, this.#options.random),
      nodeRestriction(cacheOf("", "pods"), fresh, issuer),
      taintNodesByCondition,
      podTopologyLabels(cacheOf("", "nodes")),
      podSecurity(cacheOf("", "namespaces"), cacheOf("", "pods"), fresh),
      priority(cacheOf("scheduling.k8s.io", "priorityclasses"), fresh),
      defaultTolerationSeconds,
      defaultStorageClass(cacheOf("storage.k8s.io", "storageclasses")),
      runtimeClass(cacheOf("node.k8s.io", "runtimeclasses"), fresh),
      certificateRequests(authorizer),
      defaultIngressClass(cacheOf("networking.k8s.io", "ingressclasses")),
      deviceAdminAccess(cacheOf("", "namespaces"), fresh),
      podResize(cacheOf("", "nodes"), fresh),
      escalationPrevention(this.#rbac, authorizer),
      parameterAccess({ policies: { ValidatingAdmissionPolicyBinding: cacheOf("admissionregistration.k8s.io", "validatingadmissionpolicies"), MutatingAdmissionPolicyBinding: cacheOf("admissionregistration.k8s.io", "mutatingadmissionpolicies") }, kinds, authorizer }),
      validatingPolicies({ policies: cacheOf("admissionregistration.k8s.io", "validatingadmissionpolicies"), bindings: cacheOf("admissionregistration.k8s.io", "validatingadmissionpolicybindings"), namespaces: cacheOf("", "namespaces"), kinds, cache: this.#cache, authorizer, fresh }),
      resourceQuota(cacheOf("", "resourcequotas"), () => this.#registry, fresh),
    ];
  }

  #makeHealth(): Health {
    const { store, clock } = this.#options;
    const storeCheck = {
      name: "etcd",
      check: () =>
        new Promise<void>((resolve, reject) => {
          const late = clock.after(READY_WITHIN_MS, () => reject(new Error(`the store did not answer within ${READY_WITHIN_MS} ms`)), { background: true });
          Promise.resolve(store.revision()).then(() => resolve(), reject).finally(() => late.cancel());
        }),
    };
    const notClosing = {
      name: "shutdown",
      check: () => {
        if (this.#lifecycle.closing) throw new Error("the server is shutting down");
      },
    };
    return new Health([{ name: "ping", check: () => undefined }, { name: "log", check: () => undefined }, storeCheck], [notClosing]);
  }

  #makeMetrics(kinds: KindTable): Metrics {
    const cache = this.#cache;
    return new Metrics({
      *objects() {
        // Versions of a custom kind are stored as one that is not in the table.
        const counted = new Set<ServedKind>();
        for (const kind of kinds.all) {
          if (kind.virtual || (kind.custom === undefined ? kind.stored !== kind : counted.has(kind.stored))) continue;
          counted.add(kind.stored);
          const { entry } = kind;
          yield { resource: entry.group === "" ? entry.plural : `${entry.plural}.${entry.group}`, count: cache.sizeOf(kind), watchers: cache.changesOf(kind).listeners };
        }
      },
      revision: () => cache.revision,
      isServed: (info, status) => {
        const entry = kinds.byResource(info.group, info.version, info.resource)?.entry;
        if (entry !== undefined) return info.subresource === "" || Object.hasOwn(entry.subresources, info.subresource);
        // Which resources an extension server has, its answers tell.
        return status < 400 && this.#aggregator.serves(info);
      },
    });
  }
}

function requireCache(cache: WatchCache, kinds: KindTable, group: string, plural: string): KindCache {
  const kind = kinds.byResource(group, "v1", plural);
  if (kind === undefined) throw new Error(`the API server cannot work without ${plural}`);
  return cache.of(kind);
}

function parsePortRange(text: string): { first: number; last: number } {
  const match = /^(\d+)-(\d+)$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || first < 1 || last > 65_535 || first > last) throw new RangeError(`${JSON.stringify(text)} is not a range of ports such as 30000-32767`);
  return { first, last };
}

function addressText(advertise: ApiServerOptions["advertise"]): string {
  return advertise === undefined ? "" : `${advertise.address.includes(":") ? `[${advertise.address}]` : advertise.address}:${advertise.port}`;
}

/** Requests are counted until their answer is made (streams go on after that, and end when the server closes). */
function guarded(chain: ApiHandler, lifecycle: Lifecycle): ApiHandler {
  return (request) => {
    if (lifecycle.closing) return answerError({ request, info: { query: Query.empty } as never, user: { name: "", groups: [] }, now_ms: 0, warnings: [] }, serviceUnavailable("the server is shutting down", 1));
    const answer = chain(request);
    if (!(answer instanceof Promise)) return answer;
    const leave = lifecycle.enter();
    // Not `finally`: it takes three promises more.
    return answer.then(
      (made) => {
        leave();
        return made;
      },
      (error: unknown) => {
        leave();
        throw error;
      },
    );
  };
}
