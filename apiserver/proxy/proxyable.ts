import { isIP } from "node:net";
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

/** Loopback, link-local, multicast and unspecified addresses lead to ourselves or to a cloud's secrets: nobody is proxied there. @throws StatusError 400 */
export function requireProxyable(ip: string): void {
  const v4 = ip.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  const family = isIP(v4);
  if (family === 0) throw badRequest("address not allowed");
  const refused = family === 4 ? /^(?:0\.0\.0\.0$|127\.|169\.254\.|22[4-9]\.|23\d\.|255\.255\.255\.255$)/ : /^(?:::1?$|fe[89ab]|ff)/;
  if (refused.test(v4)) throw badRequest("address not allowed");
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function joinHostPort(host: string, port: number | string): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
