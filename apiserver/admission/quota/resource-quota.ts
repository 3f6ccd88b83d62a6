import { type Amounts, amountsOf, amountsText, growth, listOf, masked, plus, ZERO } from "../../../api/quota/amounts.ts";
import { missingRequests } from "../../../api/quota/pod-usage.ts";
import { scopesMatch } from "../../../api/quota/scopes.ts";
import { usageOf } from "../../../api/quota/usage.ts";
import { forbidden, StatusError } from "../../../api/status/errors.ts";
import type { ApiObject, Pod, ResourceQuota } from "../../../api/wire.ts";
import type { KindCache } from "../../registry/kind-cache.ts";
import type { Registry } from "../../registry/registry.ts";
import { systemContext } from "../../registry/system-write.ts";
import { updateObject } from "../../registry/update.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../admission.ts";
import { Settled } from "../settled.ts";

/**
 * ResourceQuotas: what a write would use more is added to the status of every quota that it concerns, by compare-and-swap, before the write itself; so
 * however many race, the sum never exceeds what is allowed. What is used less, and what was added for a write that failed after, the controller finds.
 */
export function resourceQuota(quotas: KindCache, registry: () => Registry, fresh: () => Promise<unknown>): AdmissionPlugin {
  const settled = new Settled(fresh);
  const limit = async (request: AdmissionRequest): Promise<void> => {
    const more = growthOf(request);
    if (more === undefined) return;
    await settled.wait(request.now_ms);
    const { namespace } = request;
    const concerned = [...quotas.snapshot().range(`${namespace}/`, `${namespace}0`)].filter((cached) => concerns(cached.object() as ResourceQuota, request, more));
    if (concerned.length === 0) return;
    // All are asked before any of them is charged.
    for (const cached of concerned) check(cached.object() as ResourceQuota, request, more);
    if (!request.dryRun) for (const cached of concerned) await charge(registry(), quotas, cached.name, request, more);
  };
  return {
    name: "ResourceQuota",
    validate(request) {
      if (request.kind === quotas.kind && request.subresource === "") settled.note(request.now_ms);
      return quotas.size === 0 && settled.isQuiet(request.now_ms) ? undefined : limit(request);
    },
  };
}

/** What the request would use more; undefined: nothing that a quota could limit. */
function growthOf({ kind, operation, subresource, object, oldObject, namespace }: AdmissionRequest): Amounts | undefined {
  const { group, plural } = kind.entry;
  if (object === undefined || namespace === "" || !kind.entry.namespaced || kind.virtual || plural === "events") return undefined;
  if (operation === "CREATE") return subresource === "" ? usageOf(group, plural, object) : undefined;
  const isResize = plural === "pods" && subresource === "resize";
  if (operation !== "UPDATE" || oldObject === undefined || group !== "" || !(isResize || (subresource === "" && (plural === "services" || plural === "persistentvolumeclaims")))) return undefined;
  const grown = growth(usageOf(group, plural, object), usageOf(group, plural, oldObject));
  return grown.size === 0 ? undefined : grown;
}

function concerns(quota: ResourceQuota, request: AdmissionRequest, more: Amounts): boolean {
  const hard = Object.keys(quota.spec?.hard ?? {});
  const pod = podOf(request);
  return (hard.some((name) => more.has(name)) || (pod !== undefined && missingRequests(pod, hard) !== undefined)) && scopesMatch(quota, pod);
}

function podOf({ kind, object }: AdmissionRequest): Pod | undefined {
  return kind.entry.group === "" && kind.entry.plural === "pods" ? (object as Pod) : undefined;
}

/** The quota's use with the request's added. @throws StatusError 403 */
function check(quota: ResourceQuota, request: AdmissionRequest, more: Amounts): Amounts {
  const refuse = (text: string) => forbidden(request.kind.resource, request.name, text);
  const name = quota.metadata.name ?? "";
  const pod = podOf(request);
  const missing = pod === undefined ? undefined : missingRequests(pod, Object.keys(quota.spec?.hard ?? {}));
  if (missing !== undefined) throw refuse(`failed quota: ${name}: ${missing}`);
  const hard = amountsOf(quota.status?.hard ?? quota.spec?.hard);
  const used = amountsOf(quota.status?.used);
  const wanted = masked(more, hard.keys());
  const unknown = [...wanted.keys()].filter((one) => quota.status?.hard?.[one] === undefined || !used.has(one)).sort();
  if (unknown.length > 0) throw refuse(`status unknown for quota: ${name}, resources: ${unknown.join(",")}`);
  const sum = plus(used, wanted);
  const exceeded = [...wanted].filter(([one, amount]) => amount.sign() > 0 && (sum.get(one) ?? ZERO).compare(hard.get(one) ?? ZERO) > 0).map(([one]) => one);
  if (exceeded.length > 0) throw refuse(`exceeded quota: ${name}, requested: ${amountsText(masked(wanted, exceeded))}, used: ${amountsText(masked(used, exceeded))}, limited: ${amountsText(masked(hard, exceeded))}`);
  return sum;
}

async function charge(registry: Registry, quotas: KindCache, name: string, request: AdmissionRequest, more: Amounts): Promise<void> {
  const strategy = quotas.kind.entry.subresources["status"]?.strategy ?? {};
  const next = (old: ApiObject | undefined) => {
    // It may have been deleted since it was asked.
    if (old === undefined) throw new QuotaGone();
    const quota = structuredClone(old) as ResourceQuota;
    quota.status = { ...quota.status, used: listOf(check(quota, request, more)) };
    return quota;
  };
  try {
    await updateObject(registry, quotas.kind, { name, subresource: "status", strategy, next, internal: true }, { ...systemContext(registry, request.namespace) });
  } catch (error) {
    if (!(error instanceof QuotaGone) && !(error instanceof StatusError && error.reason === "NotFound")) throw error;
  }
}

class QuotaGone extends Error {}
