import { type Cidr, cidrContains, type IpAddress, ipText, networkOf, parseCidr, parseIp } from "../../validation/ip.ts";
import { CelError } from "../cel-error.ts";
import { Library, TRAVERSAL, TRAVERSES, traversal } from "../function.ts";
import { CelOpaque, type CelValue } from "../values.ts";

class CelIp extends CelOpaque {
  readonly typeName = "net.IP";
  readonly address: IpAddress;
  override readonly costSize: number;
  constructor(address: IpAddress) {
    super();
    this.address = address;
    this.costSize = address.bytes.length;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelIp && Buffer.compare(this.address.bytes, other.address.bytes) === 0;
  }
}

class CelCidr extends CelOpaque {
  readonly typeName = "net.CIDR";
  readonly cidr: Cidr;
  override readonly costSize: number;
  constructor(cidr: Cidr) {
    super();
    this.cidr = cidr;
    this.costSize = cidr.address.bytes.length;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelCidr && this.cidr.prefixLength === other.cidr.prefixLength && Buffer.compare(this.cidr.address.bytes, other.cidr.address.bytes) === 0;
  }
}

const CIDR_FAULT = "network address parse error during conversion from string";

/** Why that is no address, as Go's net/netip says it; of what is wrong with IPv6 addresses not the details. */
function addressFault(text: string): string {
  return `ParseAddr(${JSON.stringify(text)}): ${text.includes(":") || !/^[0-9.]+$/.test(text) ? "unable to parse IP" : dottedFault(text)}`;
}

function dottedFault(text: string): string {
  const fields = text.split(".");
  for (const [i, field] of fields.entries()) {
    if (i > 3) return "IPv4 address too long";
    if (field === "") return `IPv4 field must have at least one digit (at ${JSON.stringify(i === fields.length - 1 ? "." : `.${fields.slice(i + 1).join(".")}`)})`;
    if (field.length > 1 && field.startsWith("0")) return "IPv4 field has octet with leading zero";
    if (Number(field) > 255) return "IPv4 field has value >255";
  }
  return fields.length < 4 ? (fields.length === 1 ? "unable to parse IP" : "IPv4 address too short") : "unable to parse IP";
}

function prefixFault(text: string): string {
  const slash = text.lastIndexOf("/");
  const whole = `netip.ParsePrefix(${JSON.stringify(text)})`;
  if (slash < 0) return `${whole}: no '/'`;
  const [address, bits] = [text.slice(0, slash), text.slice(slash + 1)];
  const parsed = parseIp(address);
  if (address.includes("%")) return `${whole}: IPv6 zones cannot be present in a prefix`;
  if (parsed === undefined || parsed.leadingZeros) return `${whole}: ${addressFault(address)}`;
  return /^(?:0|[1-9][0-9]*)$/.test(bits) ? `${whole}: prefix length out of range` : `${whole}: bad bits after slash: ${JSON.stringify(bits)}`;
}

/** An address in a form without traps: no leading zeros, no IPv4 in IPv6. @throws CelError */
function toIp(text: string): CelIp {
  const address = parseIp(text);
  if (address === undefined) throw new CelError(`IP Address ${JSON.stringify(text)} parse error during conversion from string: ${addressFault(text)}`);
  if (address.leadingZeros) throw new CelError(`IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): IPv4 field has octet with leading zero`);
  if (address.mapped) throw new CelError(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`);
  return new CelIp(address);
}

function toCidr(text: string): CelCidr {
  const cidr = parseCidr(text);
  if (cidr === undefined || cidr.address.leadingZeros || cidr.lengthLeadingZeros) throw new CelError(`${CIDR_FAULT}: ${CIDR_FAULT}: ${prefixFault(text)}`);
  if (cidr.address.mapped) throw new CelError(`${CIDR_FAULT}: IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`);
  return new CelCidr(cidr);
}

function isValid(make: (text: string) => unknown, text: CelValue | undefined): boolean {
  try {
    make(text as string);
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
}

const bytesOf = (value: CelValue | undefined) => (value as CelIp).address.bytes;
const first = (value: CelValue | undefined) => bytesOf(value)[0] ?? 0;
const isFour = (value: CelValue | undefined) => bytesOf(value).length === 4;

function isLoopback(value: CelValue | undefined): boolean {
  const bytes = bytesOf(value);
  return isFour(value) ? first(value) === 127 : bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
}

function isLinkLocalMulticast(value: CelValue | undefined): boolean {
  const bytes = bytesOf(value);
  return isFour(value) ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0 : bytes[0] === 0xff && ((bytes[1] ?? 0) & 0x0f) === 2;
}

function isLinkLocalUnicast(value: CelValue | undefined): boolean {
  const bytes = bytesOf(value);
  return isFour(value) ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
}

function isGlobalUnicast(value: CelValue | undefined): boolean {
  const bytes = bytesOf(value);
  const isUnspecified = bytes.every((byte) => byte === 0);
  const isBroadcast = isFour(value) && bytes.every((byte) => byte === 255);
  const isMulticast = isFour(value) ? (first(value) & 0xf0) === 0xe0 : first(value) === 0xff;
  return !isUnspecified && !isBroadcast && !isLoopback(value) && !isMulticast && !isLinkLocalUnicast(value);
}

/** Estimates: two addresses of 16 bytes are compared; one of them is masked, and the lengths are compared. */
const COMPARES = traversal(32);
const MASKS = traversal(16) + 1;

function containsIp(cidr: CelValue | undefined, ip: CelIp): boolean {
  const { address } = ip;
  return cidrContains((cidr as CelCidr).cidr, { address, prefixLength: address.bytes.length * 8, lengthLeadingZeros: false });
}

/** Kubernetes' `ip` and `cidr`. */
export function network(): Library {
  return new Library()
    .define("string_to_ip", "ip(string) -> net.IP", ([text]) => toIp(text as string), TRAVERSES)
    .define("is_ip", "isIP(string) -> bool", ([text]) => isValid(toIp, text), TRAVERSES)
    .define("ip_is_canonical", "ip.isCanonical(string) -> bool", ([text]) => ipText(toIp(text as string).address) === text, { ...TRAVERSES, estimated: ([size = 0]) => traversal(size, 2 * TRAVERSAL) })
    .define("ip_to_string", "string(net.IP) -> string", ([ip]) => ipText((ip as CelIp).address), { units: TRAVERSES.units, estimated: () => 1, resultSize: () => 39 })
    .define("ip_family", "net.IP::family() -> int", ([ip]) => (isFour(ip) ? 4n : 6n))
    .define("ip_is_unspecified", "net.IP::isUnspecified() -> bool", ([ip]) => bytesOf(ip).every((byte) => byte === 0))
    .define("ip_is_loopback", "net.IP::isLoopback() -> bool", ([ip]) => isLoopback(ip))
    .define("ip_is_link_local_multicast", "net.IP::isLinkLocalMulticast() -> bool", ([ip]) => isLinkLocalMulticast(ip))
    .define("ip_is_link_local_unicast", "net.IP::isLinkLocalUnicast() -> bool", ([ip]) => isLinkLocalUnicast(ip))
    .define("ip_is_global_unicast", "net.IP::isGlobalUnicast() -> bool", ([ip]) => isGlobalUnicast(ip))
    .define("string_to_cidr", "cidr(string) -> net.CIDR", ([text]) => toCidr(text as string), TRAVERSES)
    .define("is_cidr", "isCIDR(string) -> bool", ([text]) => isValid(toCidr, text), TRAVERSES)
    .define("cidr_to_string", "string(net.CIDR) -> string", ([cidr]) => `${ipText((cidr as CelCidr).cidr.address)}/${(cidr as CelCidr).cidr.prefixLength}`, { units: TRAVERSES.units, estimated: () => 1, resultSize: () => 43 })
    .define("cidr_contains_ip_ip", "net.CIDR::containsIP(net.IP) -> bool", ([cidr, ip]) => containsIp(cidr, ip as CelIp), { ...TRAVERSES, estimated: () => COMPARES })
    .define("cidr_contains_ip_string", "net.CIDR::containsIP(string) -> bool", ([cidr, ip]) => containsIp(cidr, toIp(ip as string)), { ...TRAVERSES, estimated: ([, size = 0]) => COMPARES + traversal(size) })
    .define("cidr_contains_cidr", "net.CIDR::containsCIDR(net.CIDR) -> bool", ([cidr, other]) => cidrContains((cidr as CelCidr).cidr, (other as CelCidr).cidr), { ...TRAVERSES, estimated: () => COMPARES + MASKS })
    .define("cidr_contains_cidr_string", "net.CIDR::containsCIDR(string) -> bool", ([cidr, other]) => cidrContains((cidr as CelCidr).cidr, toCidr(other as string).cidr), { ...TRAVERSES, estimated: ([, size = 0]) => COMPARES + MASKS + traversal(size) })
    .define("cidr_ip", "net.CIDR::ip() -> net.IP", ([cidr]) => new CelIp((cidr as CelCidr).cidr.address))
    .define("cidr_masked", "net.CIDR::masked() -> net.CIDR", ([cidr]) => masked((cidr as CelCidr).cidr))
    .define("cidr_prefix_length", "net.CIDR::prefixLength() -> int", ([cidr]) => BigInt((cidr as CelCidr).cidr.prefixLength));
}

function masked(cidr: Cidr): CelCidr {
  return new CelCidr({ ...cidr, address: networkOf(cidr) });
}
