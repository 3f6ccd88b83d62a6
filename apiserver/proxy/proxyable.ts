import { BlockList, isIP } from "node:net";
import { badRequest } from "../../api/status/errors.ts";

/** `name`, `name:port` or `scheme:name:port` of a proxy request. */
export interface ProxyName {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** A number or a name; "" where none was said. */
  readonly port: string;
}

/** @returns undefined for what is none of the three forms */
export function parseProxyName(id: string): ProxyName | undefined {
  const parts = id.split(":");
  if (parts.length > 3) return undefined;
  const [scheme, name, port] = parts.length === 3 ? parts : ["", parts[0], parts[1] ?? ""];
  if (name === undefined || name === "" || (scheme !== "" && scheme !== "http" && scheme !== "https")) return undefined;
  return { scheme: scheme === "https" ? "https" : "http", name, port: port ?? "" };
}

/** By value, not by text: `0:0:0:0:0:0:0:1` and `::ffff:7f00:1` are loopback too. */
const refused = new BlockList();
for (const [network, prefix] of [["0.0.0.0", 32], ["127.0.0.0", 8], ["169.254.0.0", 16], ["224.0.0.0", 4], ["255.255.255.255", 32]] as const) refused.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [["::", 128], ["::1", 128], ["fe80::", 10], ["ff00::", 8]] as const) refused.addSubnet(network, prefix, "ipv6");

/** Loopback, link-local, multicast and unspecified addresses lead to ourselves or to a cloud's secrets: nobody is proxied there. @throws StatusError 400 */
export function requireProxyable(ip: string): void {
  const family = isIP(ip);
  if (family === 0 || refused.check(ip, family === 6 ? "ipv6" : "ipv4")) throw badRequest("address not allowed");
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function joinHostPort(host: string, port: number | string): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
