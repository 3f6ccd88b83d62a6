import type { ApiObject, Endpoints } from "../../../api/wire.ts";
import type { Timer } from "../../../lib/clock.ts";
import { prefixRange } from "../../../store/store.ts";
import type { Registry } from "../registry.ts";
import { ensureObject, reconcileObject } from "../system-write.ts";
import { parseIpv4 } from "./ipv4-range.ts";

const LEASES = "/registry/masterleases/";
const LEASE_S = 15;
const RENEW_MS = 10_000;
const NAME = "kubernetes";
const NAMESPACE = "default";
const DEFAULT_PORT = 6_443;
const LABELS = { component: "apiserver", provider: "kubernetes" };

export interface Advertised {
  readonly address: string;
  readonly port: number;
}

/** The Service `default/kubernetes` and its endpoints: every server of the cluster that is alive. */
export class KubernetesService {
  readonly #registry: Registry;
  readonly #clusterIp: string;
  readonly #advertised: Advertised | undefined;
  #lease = 0;
  #timer: Timer | undefined;
  #stopped = false;
  #working: Promise<void> = Promise.resolve();

  constructor(options: { registry: Registry; clusterIp: string; advertised: Advertised | undefined }) {
    this.#registry = options.registry;
    this.#clusterIp = options.clusterIp;
    this.#advertised = options.advertised;
  }

  async start(): Promise<void> {
    await ensureObject(this.#registry, this.#service());
    if (!isReachable(this.#advertised)) return;
    await this.#renew();
    this.#later();
  }

  /** This server is no endpoint any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#working;
    if (this.#lease === 0) return;
    try {
      await this.#registry.store.revokeLease(this.#lease);
      await this.#reconcile();
    } catch (error) {
      this.#registry.logger.debug({ err: error }, "could not take this server out of the endpoints of default/kubernetes");
    }
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = this.#registry.clock.after(
      RENEW_MS,
      () => {
        this.#working = this.#renew().then(() => this.#later());
      },
      { background: true },
    );
  }

  /** Says that this server is alive, and writes down who else is. */
  async #renew(): Promise<void> {
    try {
      if (this.#lease !== 0) await this.#registry.store.keepAliveLease(this.#lease).catch(() => this.#take());
      else await this.#take();
      await this.#reconcile();
    } catch (error) {
      this.#registry.logger.warn({ err: error }, "could not renew this server's place in the endpoints of default/kubernetes");
    }
  }

  async #take(): Promise<void> {
    this.#lease = await this.#registry.store.grantLease(LEASE_S);
    const { address, port } = this.#advertised!;
    const value = Buffer.from(JSON.stringify({ address, port }));
    await this.#registry.store.txn({ compare: [], operations: [{ type: "put", key: LEASES + address, value, lease: this.#lease }] });
  }

  async #reconcile(): Promise<void> {
    const { items } = await this.#registry.store.range(prefixRange(LEASES));
    const servers = items.map((item) => JSON.parse(Buffer.from(item.value).toString("utf8")) as Advertised);
    const wanted = this.#endpoints(servers);
    await reconcileObject(this.#registry, wanted, (present) => {
      const endpoints = present as unknown as Endpoints;
      if (JSON.stringify(endpoints.subsets ?? []) === JSON.stringify((wanted as unknown as Endpoints).subsets)) return false;
      endpoints.subsets = (wanted as unknown as Endpoints).subsets!;
      return true;
    });
  }

  #service(): ApiObject {
    const port = { name: "https", protocol: "TCP", port: 443, targetPort: this.#advertised?.port ?? DEFAULT_PORT };
    return {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: NAME, namespace: NAMESPACE, labels: LABELS },
      spec: { type: "ClusterIP", clusterIP: this.#clusterIp, clusterIPs: [this.#clusterIp], ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack", ports: [port], sessionAffinity: "None" },
    };
  }

  #endpoints(servers: readonly Advertised[]): ApiObject {
    const byPort = new Map<number, string[]>();
    for (const { address, port } of servers) byPort.set(port, [...(byPort.get(port) ?? []), address]);
    const subsets = [...byPort].sort(([a], [b]) => a - b).map(([port, addresses]) => ({ addresses: addresses.sort().map((ip) => ({ ip })), ports: [{ name: "https", port, protocol: "TCP" }] }));
    return { apiVersion: "v1", kind: "Endpoints", metadata: { name: NAME, namespace: NAMESPACE, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } }, subsets };
  }
}

/** An address that others can reach: endpoints may not lie on loopback. */
function isReachable(advertised: Advertised | undefined): advertised is Advertised {
  if (advertised === undefined) return false;
  const value = parseIpv4(advertised.address);
  return value === undefined ? advertised.address.includes(":") && advertised.address !== "::1" : value >>> 24 !== 127 && value !== 0;
}
