import { equalJson } from "../../api/patch/json-value.ts";
import type { ApiObject } from "../../api/wire.ts";

/** Drops owner references that stand twice, with Kubernetes' warning. `admitted`: admission has seen the object already. */
export function dropDuplicateOwners(object: ApiObject, warnings: string[], admitted: boolean): void {
  const owners = object.metadata.ownerReferences;
  if (owners === undefined || owners.length < 2) return;
  const kept: typeof owners = [];
  const duplicates: string[] = [];
  for (const owner of owners) {
    if (kept.some((other) => equalJson(other, owner))) duplicates.push(owner.uid);
    else kept.push(owner);
  }
  if (duplicates.length === 0) return;
  object.metadata.ownerReferences = kept;
  const when = admitted ? " after mutating admission happens" : "";
  warnings.push(`.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: [${duplicates.join(" ")}]`);
}
