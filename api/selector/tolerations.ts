import type { Taint, Toleration } from "../wire.ts";

const INTEGER = /^[+-]?\d+$/;

/** KEP-5471: Gt and Lt compare the taint's value as an integer with the toleration's. */
function compares(toleration: Toleration, taint: Taint): boolean {
  const bound = toleration.value ?? "";
  const value = taint.value ?? "";
  if (!INTEGER.test(bound) || !INTEGER.test(value)) return false;
  return toleration.operator === "Gt" ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

/** Whether one toleration covers one taint; an empty key with Exists covers every key, an empty effect every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? "Equal") {
    case "Exists":
      return true;
    case "Equal":
    case "":
      return (toleration.value ?? "") === (taint.value ?? "");
    case "Gt":
    case "Lt":
      return compares(toleration, taint);
    default:
      return false;
  }
}

/** The first of `taints` that none of `tolerations` covers. */
export function untolerated(taints: readonly Taint[], tolerations: readonly Toleration[]): Taint | undefined {
  return taints.find((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)));
}
