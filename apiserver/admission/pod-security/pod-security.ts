import { isDeepStrictEqual } from "node:util";
import { forbidden, invalid } from "../../../api/status/errors.ts";
import type { ApiObject, Namespace, Pod } from "../../../api/wire.ts";
import type { KindCache } from "../../registry/kind-cache.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../admission.ts";
import { Settled } from "../settled.ts";
import { labelErrors, podSecurityLabels, policyOfLabels } from "./namespace-labels.ts";
import { LEVELS, type NamespacePolicy, policyText, violations, violationText } from "./policy.ts";
import { containersOf } from "./words.ts";

/** Subresources of pods through which the spec changes. */
const POD_SUBRESOURCES = new Set(["", "ephemeralcontainers", "resize"]);
/** Existing pods that are looked at when a namespace becomes stricter. */
const MAX_EXISTING = 3_000;

/**
 * Pod Security Admission (KEP-2579): the level that a namespace's labels enforce refuses pods; the level that they warn of is told in a header, also about the
 * templates of workloads, which are never refused.
 */
export function podSecurity(namespaces: KindCache, pods: KindCache, fresh: () => Promise<unknown>): AdmissionPlugin {
  const settled = new Settled(fresh);
  /** At once, where nothing was written a moment ago. */
  const withPolicy = ({ namespace, now_ms }: AdmissionRequest, use: (policy: NamespacePolicy) => void): Promise<void> | undefined => {
    const apply = () => use(policyOfLabels(namespaces.get(namespace)?.labels));
    const waited = settled.wait(now_ms);
    if (waited !== undefined) return waited.then(apply);
    apply();
    return undefined;
  };
  return {
    name: "PodSecurity",
    validate(request) {
      if (request.kind === namespaces.kind) return checkNamespace(request, pods, settled);
      if (request.operation !== "CREATE" && request.operation !== "UPDATE") return undefined;
      if (request.kind.entry.group === "" && request.kind.entry.kind === "Pod") return isPodChange(request) ? withPolicy(request, (policy) => checkPod(request, policy)) : undefined;
      const template = request.subresource === "" ? templateOf(request.object) : undefined;
      return template === undefined ? undefined : withPolicy(request, ({ warn: policy }) => warn(request, policy, template));
    },
  };
}

/** Of what can change later only images and new ephemeral containers matter. */
function isPodChange({ operation, subresource, object, oldObject }: AdmissionRequest): boolean {
  if (!POD_SUBRESOURCES.has(subresource) || object === undefined) return false;
  if (operation === "CREATE") return subresource === "";
  const images = (pod: Pod | undefined) => (pod?.spec === undefined ? [] : containersOf(pod.spec).map(({ name, image }) => [name, image]));
  const profiles = (pod: Pod | undefined) => Object.entries(pod?.metadata.annotations ?? {}).filter(([key]) => key.includes("apparmor.security.beta.kubernetes.io/"));
  return !isDeepStrictEqual([images(object as Pod), profiles(object as Pod)], [images(oldObject as Pod), profiles(oldObject as Pod)]);
}

function checkPod(request: AdmissionRequest, policy: NamespacePolicy): void {
  const pod = request.object as Pod;
  const found = violations(policy.enforce.level, pod);
  if (found.length > 0) throw forbidden(request.kind.resource, request.name, `violates PodSecurity ${JSON.stringify(policyText(policy.enforce))}: ${violationText(found)}`);
  warn(request, policy.warn, pod);
}

function warn(request: AdmissionRequest, policy: NamespacePolicy["warn"], pod: Pick<Pod, "metadata" | "spec">): void {
  const found = violations(policy.level, pod);
  if (found.length > 0) request.warnings.push(`would violate PodSecurity ${JSON.stringify(policyText(policy))}: ${violationText(found)}`);
}

/** The pod template of a workload. */
function templateOf(object: ApiObject | undefined): Pick<Pod, "metadata" | "spec"> | undefined {
  const { spec, template } = (object ?? {}) as { spec?: { template?: unknown; jobTemplate?: { spec?: { template?: unknown } } }; template?: unknown };
  const found = (spec?.template ?? spec?.jobTemplate?.spec?.template ?? template) as { metadata?: Pod["metadata"]; spec?: Pod["spec"] } | undefined;
  if (typeof found !== "object" || found === null || !Array.isArray(found.spec?.containers)) return undefined;
  return { metadata: found.metadata ?? {}, spec: found.spec };
}

/** Labels must be understood; a level that is stricter than before is compared with the pods that are there. @throws StatusError 422 */
function checkNamespace(request: AdmissionRequest, pods: KindCache, settled: Settled): void {
  const { object, oldObject, operation, subresource } = request;
  if ((operation !== "CREATE" && operation !== "UPDATE") || subresource !== "" || object === undefined) return;
  settled.note(request.now_ms);
  if (oldObject !== undefined && podSecurityLabels(object.metadata.labels) === podSecurityLabels(oldObject.metadata.labels)) return;
  const errors = labelErrors(object.metadata.labels);
  if (errors.length > 0) throw invalid({ group: "", kind: "Namespace" }, object.metadata.name ?? "", errors);
  if (oldObject !== undefined) warnOfExisting(request, object as Namespace, oldObject as Namespace, pods);
}

function warnOfExisting(request: AdmissionRequest, namespace: Namespace, old: Namespace, pods: KindCache): void {
  const { enforce } = policyOfLabels(namespace.metadata.labels);
  if (LEVELS.indexOf(enforce.level) <= LEVELS.indexOf(policyOfLabels(old.metadata.labels).enforce.level)) return;
  const name = namespace.metadata.name ?? "";
  const byText = new Map<string, string[]>();
  let looked = 0;
  for (const cached of pods.snapshot().range(`${name}/`, `${name}0`)) {
    if (++looked > MAX_EXISTING) break;
    const found = violations(enforce.level, cached.object() as Pod);
    if (found.length === 0) continue;
    const text = found.map(({ reason }) => reason).join(", ");
    byText.set(text, [...(byText.get(text) ?? []), cached.name]);
  }
  if (byText.size === 0) return;
  request.warnings.push(`existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level ${JSON.stringify(policyText(enforce))}`);
  for (const [text, names] of [...byText].sort()) request.warnings.push(`${names[0]}${names.length > 1 ? ` (and ${names.length - 1} other ${names.length === 2 ? "pod" : "pods"})` : ""}: ${text}`);
}
