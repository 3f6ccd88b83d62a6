import type { Random } from "../../lib/random.ts";

/** A 64-digit hexadecimal id, as every CRI runtime's sandboxes and containers have. */
export function newId(random: Random): string {
  return (random.uuid() + random.uuid()).replaceAll("-", "");
}
