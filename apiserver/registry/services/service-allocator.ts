import { normalizeClusterIps } from "../../../api/defaults/service-addresses.ts";
import { invalid } from "../../../api/status/errors.ts";
import { type FieldError, internal, invalid as invalidValue } from "../../../api/status/field-error.ts";
import { validateClusterIps } from "../../../api/validation/service-addresses.ts";
import type { ApiObject, Service } from "../../../api/wire.ts";
import type { Random } from "../../../lib/random.ts";
import type { KindCache } from "../kind-cache.ts";
import type { Allocator, Reservation } from "../registry.ts";
import type { ServedKind } from "../served-kind.ts";
import { Ipv4Range } from "./ipv4-range.ts";
import { needsClusterIp, needsHealthCheckPort, needsNodePorts, reservedValues } from "./service-values.ts";

const PREFIX = "/registry/ranges/services/";
/** Random probes before the range is searched from one end. */
const PROBES = 64;
const DRY_RUN_PORT = 32768;

export interface NodePortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Gives Services their cluster IPs and node ports. What is taken is known from the Services in the cache; that two servers
 * never give the same value is made sure by a reservation key per value, written in the Service's own transaction.
 */
export class ServiceAllocator implements Allocator {
  readonly #services: KindCache;
  readonly #ips: Ipv4Range;
  readonly #ports: NodePortRange;
  readonly #random: Random;
  readonly #holders = new Map<string, string>();

  constructor(options: { services: KindCache; range: string; ports: NodePortRange; random: Random }) {
    this.#services = options.services;
    this.#ips = new Ipv4Range(options.range);
    this.#ports = options.ports;
    this.#random = options.random;
  }

  /** The first address of the range: `default/kubernetes` has it. */
  get firstAddress(): string {
    return this.#ips.address(0);
  }

  /** Learns what is taken; call it once the cache is filled. */
  start(): void {
    for (const cached of this.#services.snapshot().range("", "")) this.#hold(cached.key, cached.object() as Service);
    this.#services.listen({}, (event) => {
      if (event.previous !== undefined) this.#drop(event.key, event.previous.object() as Service);
      if (event.current !== undefined) this.#hold(event.key, event.current.object() as Service);
    });
  }

  appliesTo(kind: ServedKind): boolean {
    return kind === this.#services.kind;
  }

  fill(object: ApiObject, old: ApiObject | undefined, context: { dryRun: boolean }): void {
    const service = object as Service;
    const before = old as Service | undefined;
    if (service.spec === undefined) return;
    if (before !== undefined) keepAllocated(service, before);
    normalizeClusterIps(service, before);
    const own = `${service.metadata.namespace ?? before?.metadata.namespace ?? ""}/${service.metadata.name ?? ""}`;
    const errors: FieldError[] = [];
    validateClusterIps(service, before, errors);
    if (errors.length > 0) throw invalid({ group: "", kind: "Service" }, service.metadata.name ?? "", errors);
    fillFamilies(service);
    this.#fillClusterIp(service, before, own, context.dryRun, errors);
    this.#fillNodePorts(service, before, own, context.dryRun, errors);
    if (errors.length > 0) throw invalid({ group: "", kind: "Service" }, service.metadata.name ?? "", errors);
  }

  reserve(object: ApiObject | undefined, old: ApiObject | undefined): Reservation {
    const wanted = reservedValues(object as Service | undefined);
    const held = reservedValues(old as Service | undefined);
    const added = wanted.filter((value) => !held.includes(value));
    const freed = held.filter((value) => !wanted.includes(value));
    const holder = Buffer.from(`${object?.metadata.namespace ?? ""}/${object?.metadata.name ?? ""}`);
    return {
      compare: added.map((value) => ({ key: PREFIX + value, modRevision: 0 })),
      operations: [...added.map((value) => ({ type: "put" as const, key: PREFIX + value, value: holder })), ...freed.map((value) => ({ type: "delete" as const, key: PREFIX + value }))],
    };
  }

  #fillClusterIp(service: Service, before: Service | undefined, own: string, dryRun: boolean, errors: FieldError[]): void {
    const spec = service.spec!;
    if (!needsClusterIp(service)) return;
    const [given] = spec.clusterIPs ?? [];
    if (given === "None") return;
    if (given !== undefined && given !== "") {
      const held = before?.spec?.clusterIPs?.includes(given) === true && needsClusterIp(before);
      if (held || dryRun) return;
      const fail = (why: string) => errors.push(invalidValue("spec.clusterIPs", spec.clusterIPs, `failed to allocate IP ${given}: ${why}`));
      if (!this.#ips.contains(given)) fail("the provided network does not match the current range");
      else if (this.#takenByOther(`ip/${given}`, own)) fail("provided IP is already allocated");
      return;
    }
    const ip = this.#pick(this.#ips.usable, (index) => this.#ips.address(index), (address) => !this.#holders.has(`ip/${address}`));
    if (ip === undefined) errors.push(internal("spec.clusterIPs", "failed to allocate a serviceIP: range is full"));
    else Object.assign(spec, { clusterIP: ip, clusterIPs: [ip] });
  }

  #fillNodePorts(service: Service, before: Service | undefined, own: string, dryRun: boolean, errors: FieldError[]): void {
    const spec = service.spec!;
    const held = new Set(reservedValues(before));
    const now = new Set<string>();
    const usable = (port: number, protocol: string) => {
      const value = `port/${port}/${protocol}`;
      return held.has(value) || dryRun || !this.#takenByOther(value, own);
    };
    const inRange = (port: number) => port >= this.#ports.first && port <= this.#ports.last;
    if (needsNodePorts(service)) {
      for (const [index, port] of (spec.ports ?? []).entries()) {
        const protocol = port.protocol ?? "TCP";
        if (!port.nodePort) continue;
        const path = `spec.ports[${index}].nodePort`;
        if (!dryRun && !held.has(`port/${port.nodePort}/${protocol}`) && !inRange(port.nodePort)) {
          errors.push(invalidValue(path, port.nodePort, `provided port is not in the valid range. The range of valid ports is ${this.#ports.first}-${this.#ports.last}`));
        } else if (!usable(port.nodePort, protocol)) errors.push(invalidValue(path, port.nodePort, "provided port is already allocated"));
        now.add(`port/${port.nodePort}/${protocol}`);
      }
      for (const port of spec.ports ?? []) if (!port.nodePort) this.#giveNodePort(spec, port, now, dryRun, errors);
    }
    if (needsHealthCheckPort(service) && !spec.healthCheckNodePort) {
      const port = this.#freePort("TCP", now, dryRun);
      if (port === undefined) errors.push(internal("spec.healthCheckNodePort", "failed to allocate a nodePort: range is full"));
      else spec.healthCheckNodePort = port;
    }
  }

  /** Ports of one number share a node port, as of different protocols they can; validation refuses the others. */
  #giveNodePort(spec: NonNullable<Service["spec"]>, port: NonNullable<NonNullable<Service["spec"]>["ports"]>[number], now: Set<string>, dryRun: boolean, errors: FieldError[]): void {
    const protocol = port.protocol ?? "TCP";
    const twin = spec.ports?.find((other) => other !== port && other.port === port.port && other.nodePort);
    const chosen = twin?.nodePort && !this.#holders.has(`port/${twin.nodePort}/${protocol}`) ? twin.nodePort : this.#freePort(protocol, now, dryRun);
    if (chosen === undefined) {
      errors.push(internal("spec.ports.nodePort", "failed to allocate a nodePort: range is full"));
      return;
    }
    port.nodePort = chosen;
    now.add(`port/${chosen}/${protocol}`);
  }

  #freePort(protocol: string, now: ReadonlySet<string>, dryRun: boolean): number | undefined {
    if (dryRun) return dryRunPort(now);
    const free = (port: number) => !this.#holders.has(`port/${port}/${protocol}`) && !now.has(`port/${port}/${protocol}`);
    return this.#pick(this.#ports.last - this.#ports.first + 1, (index) => this.#ports.first + index, free);
  }

  #pick<T>(count: number, at: (index: number) => T, free: (value: T) => boolean): T | undefined {
    for (let probe = 0; probe < PROBES; probe++) {
      const value = at(Math.floor(this.#random.next() * count));
      if (free(value)) return value;
    }
    for (let index = 0; index < count; index++) {
      const value = at(index);
      if (free(value)) return value;
    }
    return undefined;
  }

  #takenByOther(value: string, own: string): boolean {
    const holder = this.#holders.get(value);
    return holder !== undefined && holder !== own;
  }

  #hold(key: string, service: Service): void {
    for (const value of reservedValues(service)) this.#holders.set(value, key);
  }

  #drop(key: string, service: Service): void {
    for (const value of reservedValues(service)) if (this.#holders.get(value) === key) this.#holders.delete(value);
  }
}

/** A dry run takes no port: it shows numbers beyond the ephemeral range, as Kubernetes does. */
function dryRunPort(now: ReadonlySet<string>): number {
  const given = [...now].map((value) => Number(value.split("/")[1]));
  return (given.length === 0 ? DRY_RUN_PORT : Math.max(...given)) + 1;
}

/** Allocated values that a PUT leaves out stay as they are, where the type still has them. */
function keepAllocated(service: Service, before: Service): void {
  const spec = service.spec!;
  const old = before.spec;
  if (old === undefined) return;
  if (needsClusterIp(service) && needsClusterIp(before)) {
    if (!spec.clusterIP) spec.clusterIP = old.clusterIP ?? "";
    if (!spec.clusterIPs?.length && spec.clusterIP === old.clusterIP && old.clusterIPs !== undefined) spec.clusterIPs = [...old.clusterIPs];
    if (!spec.clusterIP) delete spec.clusterIP;
  }
  if (needsNodePorts(service) && needsNodePorts(before)) {
    // A port is known by its name: its number and target may have changed.
    const taken = new Set((spec.ports ?? []).map((port) => port.nodePort));
    for (const port of spec.ports ?? []) {
      if (port.nodePort) continue;
      const held = (old.ports ?? []).findLast((other) => (other.name ?? "") === (port.name ?? ""))?.nodePort;
      if (!held || taken.has(held)) continue;
      port.nodePort = held;
      taken.add(held);
    }
  }
  if (needsHealthCheckPort(service) && needsHealthCheckPort(before) && !spec.healthCheckNodePort && old.healthCheckNodePort) spec.healthCheckNodePort = old.healthCheckNodePort;
}

/** One IPv4 family, but for headless Services without a selector: they may have addresses of both. */
function fillFamilies(service: Service): void {
  const spec = service.spec!;
  if (!needsClusterIp(service)) return;
  const headless = spec.clusterIP === "None" || spec.clusterIPs?.[0] === "None";
  if (headless && Object.keys(spec.selector ?? {}).length === 0) {
    spec.ipFamilyPolicy ??= spec.ipFamilies?.length === 1 ? "SingleStack" : "RequireDualStack";
    if (!spec.ipFamilies?.length) spec.ipFamilies = spec.ipFamilyPolicy === "SingleStack" ? ["IPv4"] : ["IPv4", "IPv6"];
    return;
  }
  spec.ipFamilyPolicy ??= "SingleStack";
  if (!spec.ipFamilies?.length) spec.ipFamilies = ["IPv4"];
}
