import { invalid } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import { goQuote } from "../status/go-text.ts";
import type { Errors } from "./common.ts";

/** A parsed address. An IPv4-mapped IPv6 address counts as IPv4, as Go's net.IP does; `mapped` remembers how it was written. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16. */
  readonly bytes: Uint8Array;
  readonly mapped: boolean;
  /** An octet had leading zeros: some read it as octal. */
  readonly leadingZeros: boolean;
}

export interface Cidr {
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly lengthLeadingZeros: boolean;
}

/** An address as older fields take it (octets with leading zeros, IPv4-mapped IPv6), or undefined. Zones are refused. */
export function parseIp(text: string): IpAddress | undefined {
  if (text.length > 64) return undefined;
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  let leadingZeros = false;
  for (let i = 0; i < 4; i++) {
    const octet = decimal(parts[i] ?? "");
    if (octet === undefined || octet > 255) return undefined;
    leadingZeros ||= (parts[i] ?? "").length > 1 && (parts[i] ?? "").startsWith("0");
    bytes[i] = octet;
  }
  return { family: 4, bytes, mapped: false, leadingZeros };
}

function decimal(text: string): number | undefined {
  if (text === "" || text.length > 10) return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

function parseIpv6(text: string): IpAddress | undefined {
  const gap = text.indexOf("::");
  if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) return undefined;
  const head = groups(gap < 0 ? text : text.slice(0, gap), gap < 0);
  const tail = gap < 0 ? { bytes: [], leadingZeros: false } : groups(text.slice(gap + 2), true);
  if (head === undefined || tail === undefined) return undefined;
  const length = head.bytes.length + tail.bytes.length;
  if (gap < 0 ? length !== 16 : length > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head.bytes, 0);
  bytes.set(tail.bytes, 16 - tail.bytes.length);
  const leadingZeros = head.leadingZeros || tail.leadingZeros;
  if (bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255) {
    return { family: 4, bytes: bytes.slice(12), mapped: true, leadingZeros };
  }
  return { family: 6, bytes, mapped: false, leadingZeros };
}

/** Colon-separated groups, the last of them possibly a dotted IPv4 address (`last`: only there it may stand). */
function groups(text: string, last: boolean): { bytes: number[]; leadingZeros: boolean } | undefined {
  if (text === "") return { bytes: [], leadingZeros: false };
  const parts = text.split(":");
  const bytes: number[] = [];
  let leadingZeros = false;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? "";
    if (part.includes(".")) {
      const inner = last && i === parts.length - 1 ? parseIpv4(part) : undefined;
      if (inner === undefined) return undefined;
      leadingZeros = inner.leadingZeros;
      bytes.push(...inner.bytes);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      const group = Number.parseInt(part, 16);
      bytes.push(group >> 8, group & 255);
    }
  }
  return { bytes, leadingZeros };
}

/** Canonical text (RFC 5952). */
export function ipText(address: IpAddress): string {
  if (address.family === 4) return address.bytes.join(".");
  const numbers = Array.from({ length: 8 }, (_, i) => ((address.bytes[i * 2] ?? 0) << 8) | (address.bytes[i * 2 + 1] ?? 0));
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && numbers[i + run] === 0) run++;
    if (run > bestLength) [best, bestLength] = [i, run];
    if (run > 0) i += run - 1;
  }
  const hex = numbers.map((number) => number.toString(16));
  return best < 0 ? hex.join(":") : `${hex.slice(0, best).join(":")}::${hex.slice(best + bestLength).join(":")}`;
}

/** `10.9.8.0/24`, or undefined. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  const address = parseIp(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  const prefixLength = decimal(lengthText);
  if (address === undefined || prefixLength === undefined || prefixLength > (address.family === 4 && !address.mapped ? 32 : 128)) return undefined;
  return { address, prefixLength, lengthLeadingZeros: lengthText.length > 1 && lengthText.startsWith("0") };
}

/** The length within the address' own family: that of an IPv4-mapped address counts from its last 32 bits. */
function ownLength(cidr: Cidr): number {
  return cidr.address.mapped ? Math.max(0, cidr.prefixLength - 96) : cidr.prefixLength;
}

/** The network's first address. */
export function networkOf(cidr: Cidr): IpAddress {
  const bytes = cidr.address.bytes.slice();
  const length = ownLength(cidr);
  for (let i = 0; i < bytes.length; i++) {
    const kept = Math.min(8, Math.max(0, length - i * 8));
    bytes[i] = (bytes[i] ?? 0) & (0xff << (8 - kept));
  }
  return { ...cidr.address, bytes };
}

/** Canonical text of the network: bits beyond the prefix cleared. */
export function cidrText(cidr: Cidr): string {
  return `${ipText(networkOf(cidr))}/${ownLength(cidr)}`;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** `inner` lies within `outer`. */
export function cidrContains(outer: Cidr, inner: Cidr): boolean {
  if (outer.address.family !== inner.address.family || ownLength(inner) < ownLength(outer)) return false;
  return sameBytes(networkOf({ ...outer, address: inner.address }).bytes, networkOf(outer).bytes);
}

const IP_TEXT = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const CIDR_TEXT = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/** The rule of fields older than strict validation: any form that all software reads alike. `oldValues` may stay as they are. */
export function validateLegacyIp(value: string, path: FieldPath, errors: Errors, oldValues?: readonly string[]): IpAddress | undefined {
  const address = parseIp(value);
  if (oldValues?.includes(value)) return address;
  if (address === undefined) errors.push(invalid(path, value, IP_TEXT));
  else if (address.leadingZeros) errors.push(invalid(path, value, "must not have leading 0s"));
  else if (address.mapped) errors.push(invalid(path, value, "must not be an IPv4-mapped IPv6 address"));
  return address;
}

/** The rule of newer fields: canonical text only. */
export function validateIp(value: string, path: FieldPath, errors: Errors): void {
  const before = errors.length;
  const address = validateLegacyIp(value, path, errors);
  if (address !== undefined && errors.length === before && ipText(address) !== value) errors.push(invalid(path, value, `must be in canonical form (${goQuote(ipText(address))})`));
}

/** The rule of older fields for networks. */
export function validateLegacyCidr(value: string, path: FieldPath, errors: Errors, oldValues?: readonly string[]): Cidr | undefined {
  const cidr = parseCidr(value);
  if (oldValues?.includes(value)) return cidr;
  if (cidr === undefined) errors.push(invalid(path, value, CIDR_TEXT));
  else if (cidr.address.leadingZeros || cidr.lengthLeadingZeros) errors.push(invalid(path, value, "must not have leading 0s in IP or prefix length"));
  else if (cidr.address.mapped) errors.push(invalid(path, value, "must not have an IPv4-mapped IPv6 address"));
  else if (!sameBytes(networkOf(cidr).bytes, cidr.address.bytes)) errors.push(invalid(path, value, "must not have bits set beyond the prefix length"));
  return cidr;
}

/** The rule of newer fields for networks: canonical text only. */
export function validateCidr(value: string, path: FieldPath, errors: Errors): void {
  const before = errors.length;
  const cidr = validateLegacyCidr(value, path, errors);
  if (cidr !== undefined && errors.length === before && cidrText(cidr) !== value) errors.push(invalid(path, value, `must be in canonical form (${goQuote(cidrText(cidr))})`));
}

/** The address of an interface, with the length of its network: bits beyond the prefix are the interface's. */
export function validateInterfaceAddress(value: string, path: FieldPath, errors: Errors): void {
  const cidr = parseCidr(value);
  const canonical = cidr && `${ipText(cidr.address)}/${ownLength(cidr)}`;
  if (cidr === undefined) errors.push(invalid(path, value, "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"));
  else if (cidr.address.leadingZeros || cidr.lengthLeadingZeros) errors.push(invalid(path, value, "must not have leading 0s in IP or prefix length"));
  else if (cidr.address.mapped) errors.push(invalid(path, value, "must not have an IPv4-mapped IPv6 address"));
  else if (canonical !== value) errors.push(invalid(path, value, `must be in canonical form (${goQuote(canonical ?? "")})`));
}

/** One address of each family, and no more. */
export function isDualStack(addresses: readonly (IpAddress | undefined)[]): boolean {
  return addresses.some((address) => address?.family === 4) && addresses.some((address) => address?.family === 6);
}

/** Addresses that no endpoint can have: unspecified, loopback, link-local. */
export function validateNonSpecialIp(value: string, path: FieldPath, errors: Errors): void {
  const address = parseIp(value);
  if (address === undefined) {
    errors.push(invalid(path, value, "must be a valid IP address"));
    return;
  }
  const [a = 0, b = 0, c = 0] = address.bytes;
  const zeros = address.bytes.every((byte) => byte === 0);
  const six = address.family === 6;
  if (zeros) errors.push(invalid(path, value, `may not be unspecified (${value})`));
  if (six ? address.bytes.every((byte, i) => byte === (i === 15 ? 1 : 0)) : a === 127) errors.push(invalid(path, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)"));
  if (six ? a === 0xfe && (b & 0xc0) === 0x80 : a === 169 && b === 254) errors.push(invalid(path, value, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"));
  if (six ? a === 0xff && (b & 0x0f) === 0x02 : a === 224 && b === 0 && c === 0) errors.push(invalid(path, value, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"));
}

/** Warnings for addresses that are valid but written in an unusual way. */
export function ipWarnings(value: string, path: FieldPath): string[] {
  const address = parseIp(value);
  if (address === undefined) return [];
  const text = ipText(address);
  if (address.leadingZeros || address.mapped) return [`${path}: non-standard IP address ${goQuote(value)} is invalid: use ${goQuote(text)}`];
  if (address.family === 6 && text !== value) return [`${path}: IPv6 address ${goQuote(value)} should be in RFC 5952 canonical format (${goQuote(text)})`];
  return [];
}

/** The same for networks. */
export function cidrWarnings(value: string, path: FieldPath): string[] {
  const cidr = parseCidr(value);
  if (cidr === undefined) return [];
  const warnings: string[] = [];
  const text = cidrText(cidr);
  if (!sameBytes(networkOf(cidr).bytes, cidr.address.bytes)) {
    const single = `${ipText(cidr.address)}/${cidr.address.bytes.length * 8}`;
    warnings.push(`${path}: CIDR value ${goQuote(value)} is ambiguous in this context (should be ${goQuote(text)} or ${goQuote(single)}?)`);
  }
  if (cidr.address.leadingZeros || cidr.lengthLeadingZeros || cidr.address.mapped) {
    warnings.push(`${path}: non-standard CIDR value ${goQuote(value)} is invalid: use ${goQuote(text)}`);
  }
  if (warnings.length === 0 && cidr.address.family === 6 && text !== value) {
    warnings.push(`${path}: IPv6 CIDR value ${goQuote(value)} should be in RFC 5952 canonical format (${goQuote(text)})`);
  }
  return warnings;
}
