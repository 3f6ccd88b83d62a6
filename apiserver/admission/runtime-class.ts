import { forbidden } from "../../api/status/errors.ts";
import type { Pod } from "../../api/wire.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import type { AdmissionPlugin } from "./admission.ts";

/** A pod's runtime class must exist. `classes` is undefined where that kind is not served. */
export function runtimeClass(classes: KindCache | undefined, fresh: () => Promise<unknown>): AdmissionPlugin {
  return {
    name: "RuntimeClass",
    async admit(request) {
      if (request.kind.entry.kind !== "Pod" || request.subresource !== "" || request.operation !== "CREATE") return;
      const name = (request.object as Pod).spec?.runtimeClassName;
      if (!name || classes?.get(name) !== undefined) return;
      await fresh();
      if (classes?.get(name) === undefined) throw forbidden(request.kind.resource, request.name, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
    },
  };
}
