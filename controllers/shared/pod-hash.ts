import type { PodTemplateSpec } from "../../api/wire.ts";

const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * The value of a pod-template-hash or controller-revision-hash label: 32 bits of FNV-1a over the canonical JSON of `value` (keys sorted) and the
 * collision count, in the characters of generated names. Equal content gives an equal hash; the value itself is nobody's contract.
 */
export function contentHash(value: unknown, collisionCount: number | undefined): string {
  let hash = FNV_OFFSET;
  const text = canonical(value) + (collisionCount === undefined ? "" : `#${collisionCount}`);
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0;
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join("");
}

/** Hash of a pod template without its own hash label. */
export function templateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  return contentHash(template, collisionCount);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const record = value as Record<string, unknown>;
  const keys = Object.keys(record).filter((key) => record[key] !== undefined);
  return `{${keys.sort().map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`).join(",")}}`;
}
