import { invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { PodSpec } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { validateLegacyIp } from "../ip.ts";
import { byteLength, dns1123Subdomain, dns1123SubdomainWithUnderscore } from "../names.ts";

// What resolv.conf holds (libc).
const NAMESERVERS_LIMIT = 3;
const SEARCHES_LIMIT = 32;
const SEARCHES_LIMIT_BYTES = 2048;

/** The pod's own resolver settings. */
export function validateDnsConfig(spec: PodSpec, path: FieldPath, errors: Errors): void {
  const config = spec.dnsConfig;
  if (spec.dnsPolicy === "None") {
    if (!config) {
      errors.push(required(path, "must provide `dnsConfig` when `dnsPolicy` is None"));
      return;
    }
    if (!config.nameservers?.length) {
      errors.push(required(path.child("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None"));
      return;
    }
  }
  if (!config) return;
  const { nameservers = [], searches = [], options = [] } = config;
  if (nameservers.length > NAMESERVERS_LIMIT) errors.push(invalid(path.child("nameservers"), nameservers, `must not have more than ${NAMESERVERS_LIMIT} nameservers`));
  nameservers.forEach((address, i) => {
    validateLegacyIp(address, path.child("nameservers").index(i), errors);
  });
  if (searches.length > SEARCHES_LIMIT) errors.push(invalid(path.child("searches"), searches, `must not have more than ${SEARCHES_LIMIT} search paths`));
  if (byteLength(searches.join(" ")) > SEARCHES_LIMIT_BYTES) {
    errors.push(invalid(path.child("searches"), searches, `must not have more than ${SEARCHES_LIMIT_BYTES} characters (including spaces) in the search list`));
  }
  searches.forEach((search, i) => {
    if (search === ".") return;
    const name = search.endsWith(".") ? search.slice(0, -1) : search;
    invalidEach(dns1123SubdomainWithUnderscore(name), name, path.child("searches").index(i), errors);
  });
  options.forEach((option, i) => {
    if (!option.name) errors.push(required(path.child("options").index(i), "must not be empty"));
  });
}

/** Lines for /etc/hosts. */
export function validateHostAliases(aliases: NonNullable<PodSpec["hostAliases"]>, path: FieldPath, errors: Errors): void {
  aliases.forEach((alias, i) => {
    validateLegacyIp(alias.ip ?? "", path.index(i).child("ip"), errors);
    alias.hostnames?.forEach((name, j) => {
      invalidEach(dns1123Subdomain(name), name, path.index(i).child("hostnames").index(j), errors);
    });
  });
}
