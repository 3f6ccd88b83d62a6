import { compareQuantities, Quantity } from "../../quantity.ts";
import { forbidden, invalid, notSupported } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { PodSpec } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { isPodLevelResource, validateResourceName } from "../resources.ts";
import { aggregateContainers } from "./aggregate.ts";
import { validateResourceRequirements } from "./container-resources.ts";

/** What the pod as a whole asks for (KEP-2837): at least what its containers ask together, and no container's limit above its own. */
export function validatePodResources(spec: PodSpec, claimNames: ReadonlySet<string>, path: FieldPath, errors: Errors): void {
  const resources = spec.resources;
  if (!resources) return;
  if (spec.os?.name === "windows") {
    errors.push(forbidden(path, "may not be set for a windows pod"));
    return;
  }
  if (resources.claims !== undefined) errors.push(forbidden(path.child("claims"), "claims may not be set for Resources at pod-level"));
  validateResourceRequirements(resources, validatePodResourceName, claimNames, path, errors);
  for (const [name, amount] of aggregateContainers(spec, (container) => container.resources?.requests)) {
    const own = resources.requests?.[name];
    if (own === undefined) continue;
    if (amount.compare(Quantity.parse(own)) > 0) errors.push(invalid(path.child("requests").key(name), own, `must be greater than or equal to aggregate container requests of ${amount}`));
  }
  for (const [name, amount] of aggregateContainers(spec, (container) => container.resources?.limits)) {
    const own = name.startsWith("hugepages-") ? resources.limits?.[name] : undefined;
    if (own !== undefined && amount.compare(Quantity.parse(own)) > 0) errors.push(invalid(path.child("limits").key(name), own, `must be greater than or equal to aggregate container limits of ${amount}`));
  }
  spec.containers?.forEach((container, i) => {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const own = resources.limits?.[name];
      if (own !== undefined && compareQuantities(limit, own) > 0) {
        errors.push(invalid(path.child("containers").index(i).key(name).child("limits"), limit, `must be less than or equal to pod limits of ${own}`));
      }
    }
  });
}

function validatePodResourceName(name: string, path: FieldPath, errors: Errors): void {
  if (validateResourceName(name, path, errors) && !isPodLevelResource(name)) errors.push(notSupported(path, name, ["cpu", "hugepages-", "memory"]));
}
