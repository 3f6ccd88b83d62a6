import { type Amounts, listOf, masked, plus, ZERO } from "../../api/quota/amounts.ts";
import { scopesMatch } from "../../api/quota/scopes.ts";
import { isCounted, resourceOfName, usageOf } from "../../api/quota/usage.ts";
import type { ApiObject, Pod, ResourceQuota } from "../../api/wire.ts";

/** Reads all objects of a resource in the quota's namespace; undefined where nothing of that name is served. */
export type ListObjects = (group: string, resource: string) => Promise<readonly ApiObject[] | undefined>;

/** What a quota's namespace uses of each thing that it limits; what nobody counts (a name of nothing, a kind that is not served) is left out. */
export async function usedBy(quota: ResourceQuota, list: ListObjects): Promise<Record<string, string>> {
  const names = Object.keys(quota.spec?.hard ?? {});
  const byResource = new Map(names.map((name) => [JSON.stringify(resourceOfName(name)), resourceOfName(name)]));
  let used: Amounts = new Map();
  for (const { group, resource } of byResource.values()) {
    const limited = names.filter((name) => isCounted(name) && JSON.stringify(resourceOfName(name)) === JSON.stringify({ group, resource }));
    const objects = limited.length === 0 ? undefined : await list(group, resource);
    if (objects === undefined) continue;
    used = plus(used, new Map(limited.map((name) => [name, ZERO])));
    for (const object of objects) {
      const pod = group === "" && resource === "pods" ? (object as Pod) : undefined;
      if (scopesMatch(quota, pod)) used = plus(used, masked(usageOf(group, resource, object), limited));
    }
  }
  return listOf(used);
}
