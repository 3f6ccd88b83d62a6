import { readdirSync } from "node:fs";
import { join } from "node:path";
import { systemCodeOf } from "../errors.ts";
import { readJson } from "../os/files.ts";

/** One plugin's configuration: passed to it as it is, with the network's name and version. */
export interface PluginConf {
  readonly type: string;
  readonly capabilities?: Readonly<Record<string, boolean>>;
  readonly [member: string]: unknown;
}

/** A CNI network: plugins called one after the other, in reverse to undo. */
export interface NetworkConf {
  readonly name: string;
  readonly cniVersion: string;
  readonly plugins: readonly PluginConf[];
}

const SUFFIX = /\.(conf|conflist|json)$/;

/** The first usable configuration of a directory in order of file names, as every CNI caller chooses; undefined when there is none. */
export function loadNetworkConf(directory: string): NetworkConf | undefined {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  for (const name of names.filter((candidate) => SUFFIX.test(candidate)).sort()) {
    const conf = parseNetworkConf(readJson(join(directory, name)));
    if (conf !== undefined) return conf;
  }
  return undefined;
}

/** A list (`plugins`) or a single plugin's configuration; undefined when it is neither. */
export function parseNetworkConf(json: unknown): NetworkConf | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const conf = json as Record<string, unknown>;
  const name = conf["name"];
  const cniVersion = typeof conf["cniVersion"] === "string" ? conf["cniVersion"] : "0.2.0";
  if (typeof name !== "string" || name === "") return undefined;
  const plugins = Array.isArray(conf["plugins"]) ? conf["plugins"] : [conf];
  if (plugins.length === 0 || !plugins.every(isPlugin)) return undefined;
  return { name, cniVersion, plugins };
}

function isPlugin(value: unknown): value is PluginConf {
  // The type is a file name below the plugin directory, and must stay one.
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && /^[A-Za-z0-9_.-]+$/.test(value.type);
}

/**
 * The configuration that is used where the administrator gave none: a bridge over the node's pod range. Host ports need the
 * portmap plugin, which costs a process each time, so pods without any skip it.
 */
export function bridgeConf(input: { bridge: string; podCidrs: readonly string[]; leaseDir: string; hostPorts: boolean }): NetworkConf {
  const routes = input.podCidrs.map((cidr) => ({ dst: cidr.includes(":") ? "::/0" : "0.0.0.0/0" }));
  const bridge: PluginConf = {
    type: "bridge",
    bridge: input.bridge,
    isGateway: true,
    // The node's range may have changed under pods that are about to go.
    forceAddress: true,
    hairpinMode: true,
    ipMasq: false,
    ipam: { type: "host-local", ranges: input.podCidrs.map((subnet) => [{ subnet }]), routes, dataDir: input.leaseDir },
  };
  const portmap: PluginConf = { type: "portmap", capabilities: { portMappings: true }, snat: true };
  return { name: "berth", cniVersion: "1.0.0", plugins: input.hostPorts ? [bridge, portmap] : [bridge] };
}
