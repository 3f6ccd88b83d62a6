import type { PodSpec } from "../wire.ts";

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const ANY = "0.0.0.0";

/** Same port and protocol, and the same address or the wildcard on either side. */
export function portsConflict(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === ANY || b.ip === ANY);
}

/** Host ports in use on one node: a port on the wildcard address conflicts with the same port on any address. */
export class HostPorts {
  readonly #users = new Map<string, Map<string, number>>();

  conflicts(port: HostPort): boolean {
    const users = this.#users.get(`${port.protocol}/${port.port}`);
    if (users === undefined) return false;
    return port.ip === ANY || users.has(ANY) || users.has(port.ip);
  }

  add(port: HostPort): void {
    const key = `${port.protocol}/${port.port}`;
    const users = this.#users.get(key) ?? new Map<string, number>();
    users.set(port.ip, (users.get(port.ip) ?? 0) + 1);
    this.#users.set(key, users);
  }

  remove(port: HostPort): void {
    const key = `${port.protocol}/${port.port}`;
    const users = this.#users.get(key);
    if (users === undefined) return;
    const left = (users.get(port.ip) ?? 0) - 1;
    if (left > 0) users.set(port.ip, left);
    else users.delete(port.ip);
    if (users.size === 0) this.#users.delete(key);
  }
}

/** Host ports of the containers that run together: a port without an address is on all of them. */
export function hostPortsOf(spec: PodSpec): HostPort[] {
  const ports: HostPort[] = [];
  const restartable = (spec.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  for (const container of [...restartable, ...spec.containers]) {
    for (const port of container.ports ?? []) {
      if (!port.hostPort) continue;
      ports.push({ ip: port.hostIP || "0.0.0.0", protocol: port.protocol || "TCP", port: port.hostPort });
    }
  }
  return ports;
}
