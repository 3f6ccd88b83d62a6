import { execFileSync } from "node:child_process";

/**
 * Hosts as network namespaces joined by a bridge in a namespace of its own: no route leads out of it, so a packet to an
 * address that nobody has yet can reach nobody.
 */
export interface NetworkLab {
  readonly hosts: readonly LabHost[];
  host(name: string): LabHost;
  /** Removes the namespaces, and with them every interface, route and rule inside. */
  close(): void;
}

export interface LabHost {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
}

const SUBNET = "172.31.255";

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Makes a host for each name; `id` keeps concurrent labs apart (at most 6 characters). */
export function createNetworkLab(id: string, names: readonly string[]): NetworkLab {
  const wire = `be2e-${id}-wire`;
  const hosts = names.map((name, index) => ({ name, namespace: `be2e-${id}-${name}`, address: `${SUBNET}.${index + 10}` }));
  const close = () => {
    for (const namespace of [...hosts.map((host) => host.namespace), wire]) {
      try {
        ip("netns", "del", namespace);
      } catch {
        // It was not made, or is gone.
      }
    }
  };
  try {
    ip("netns", "add", wire);
    ip("-n", wire, "link", "add", "wire", "type", "bridge");
    ip("-n", wire, "link", "set", "wire", "up");
    hosts.forEach((host, index) => {
      ip("netns", "add", host.namespace);
      ip("-n", host.namespace, "link", "set", "lo", "up");
      ip("link", "add", "eth0", "netns", host.namespace, "type", "veth", "peer", "name", `port${index}`, "netns", wire);
      ip("-n", wire, "link", "set", `port${index}`, "master", "wire", "up");
      ip("-n", host.namespace, "address", "add", `${host.address}/24`, "dev", "eth0");
      ip("-n", host.namespace, "link", "set", "eth0", "up");
    });
  } catch (error) {
    close();
    throw error;
  }
  return {
    hosts,
    host: (name) => {
      const found = hosts.find((host) => host.name === name);
      if (found === undefined) throw new Error(`the lab has no host ${name}`);
      return found;
    },
    close,
  };
}
