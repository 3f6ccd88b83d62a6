import { isDeepStrictEqual } from "node:util";
import { forbidden, untyped } from "../../api/status/errors.ts";
import { pathSegmentName } from "../../api/validation/names.ts";
import type { Pod, RuntimeClass } from "../../api/wire.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import { type AdmissionPlugin, type AdmissionRequest, NOTHING_ELSE } from "./admission.ts";

/** A pod's runtime class must exist; its overhead becomes the pod's, and its nodes bound where the pod may go. */
export function runtimeClass(classes: KindCache, fresh: () => Promise<unknown>): AdmissionPlugin {
  const isNewPod = ({ kind, subresource, operation }: AdmissionRequest) => kind.entry.kind === "Pod" && subresource === "" && operation === "CREATE";
  const fill = async (request: AdmissionRequest): Promise<void> => {
    const pod = request.object as Pod;
    const name = pod.spec?.runtimeClassName;
    if (!name || pod.spec === undefined) return;
    const faults = pathSegmentName(name);
    if (faults.length > 0) throw untyped(500, `invalid resource name ${JSON.stringify(name)}: [${faults.join(" ")}]`);
    if (classes.get(name) === undefined) await fresh();
    const found = classes.get(name)?.object() as RuntimeClass | undefined;
    if (found === undefined) throw refuse(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
    setOverhead(request, pod, found);
    setScheduling(request, pod, found);
  };
  const mustFill = (request: AdmissionRequest) => isNewPod(request) && concerns(request.object as Pod);
  return {
    name: "RuntimeClass",
    admit: (request) => (mustFill(request) ? fill(request) : undefined),
    stamp: (request) => (mustFill(request) ? undefined : NOTHING_ELSE),
    validate: (request) => (isNewPod(request) ? judge(request) : undefined),
  };
}

/** Overhead is a class' to say. */
function judge(request: AdmissionRequest): void {
  const { runtimeClassName, overhead } = (request.object as Pod).spec ?? {};
  if (!runtimeClassName && overhead !== undefined) throw refuse(request, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
}

function concerns({ spec }: Pod): boolean {
  return Boolean(spec?.runtimeClassName) || spec?.overhead !== undefined;
}

function refuse(request: AdmissionRequest, text: string) {
  return forbidden(request.kind.resource, request.name, text);
}

function setOverhead(request: AdmissionRequest, pod: Pod, { overhead }: RuntimeClass): void {
  const wanted = overhead?.podFixed;
  const given = pod.spec?.overhead;
  if (given !== undefined && Object.keys(given).length > 0 && !isDeepStrictEqual(given, wanted ?? {})) throw refuse(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  if (wanted !== undefined && pod.spec !== undefined) pod.spec.overhead = { ...wanted };
}

function setScheduling(request: AdmissionRequest, pod: Pod, { scheduling }: RuntimeClass): void {
  if (scheduling === undefined || pod.spec === undefined) return;
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = pod.spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) throw refuse(request, `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`);
  }
  if (scheduling.nodeSelector !== undefined) pod.spec.nodeSelector = { ...pod.spec.nodeSelector, ...scheduling.nodeSelector };
  const added = (scheduling.tolerations ?? []).filter((one) => !(pod.spec?.tolerations ?? []).some((own) => isDeepStrictEqual(own, one)));
  if (added.length > 0) pod.spec.tolerations = [...(pod.spec.tolerations ?? []), ...structuredClone(added)];
}
