import type { ApiObject } from "../../api/wire.ts";

/** Drops owner references that stand twice, with Kubernetes' warning. `admitted`: admission has seen the object already. */
export function dropDuplicateOwners(object: ApiObject, warnings: string[], admitted: boolean): void {
  const owners = object.metadata.ownerReferences;
  if (owners === undefined || owners.length < 2) return;
  const kept = new Map<string, (typeof owners)[number]>();
  const duplicates: string[] = [];
  for (const owner of owners) {
    // By text: one request may bring tens of thousands.
    const text = JSON.stringify(Object.entries(owner).sort(([a], [b]) => (a < b ? -1 : 1)));
    if (kept.has(text)) duplicates.push(owner.uid);
    else kept.set(text, owner);
  }
  if (duplicates.length === 0) return;
  object.metadata.ownerReferences = [...kept.values()];
  const when = admitted ? " after mutating admission happens" : "";
  warnings.push(`.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${duplicates.join(", ")}`);
}
