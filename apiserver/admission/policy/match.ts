import type { MatchResources, Rule } from "../../../api/validation/admissionregistration/rules.ts";
import { type LabelMatcher, matcherOf } from "../../../api/selector/labels.ts";
import type { KindCache } from "../../registry/kind-cache.ts";
import type { AdmissionRequest } from "../admission.ts";

/** Which requests a policy or binding is about. */
export class RequestMatcher {
  readonly #rules: readonly Rule[];
  readonly #exclude: readonly Rule[];
  readonly #namespaces: LabelMatcher | undefined;
  readonly #objects: LabelMatcher | undefined;

  /** `undefined` matches everything. */
  constructor(match: MatchResources | undefined) {
    this.#rules = match?.resourceRules ?? [];
    this.#exclude = match?.excludeResourceRules ?? [];
    this.#namespaces = match?.namespaceSelector === undefined ? undefined : matcherOf(match.namespaceSelector);
    this.#objects = match?.objectSelector === undefined ? undefined : matcherOf(match.objectSelector);
  }

  /** A policy must name resources; a binding that names none leaves it to the policy. */
  matches(request: AdmissionRequest, namespaces: KindCache, needsRules: boolean): boolean {
    if (this.#exclude.some((rule) => ruleMatches(rule, request))) return false;
    if ((needsRules || this.#rules.length > 0) && !this.#rules.some((rule) => ruleMatches(rule, request))) return false;
    return this.#inNamespace(request, namespaces) && this.#hasLabels(request);
  }

  /** Cluster-scoped objects are in no namespace and always match; a Namespace counts by its own labels. */
  #inNamespace(request: AdmissionRequest, namespaces: KindCache): boolean {
    if (this.#namespaces === undefined || this.#namespaces.everything) return true;
    if (request.kind === namespaces.kind) return this.#namespaces.matches((request.object ?? request.oldObject)?.metadata.labels ?? {});
    if (request.namespace === "") return true;
    return this.#namespaces.matches(namespaces.get(request.namespace)?.labels ?? {});
  }

  /** Either state of the object may match. */
  #hasLabels({ object, oldObject }: AdmissionRequest): boolean {
    const selector = this.#objects;
    if (selector === undefined || selector.everything) return true;
    return [object, oldObject].some((one) => one !== undefined && selector.matches(one.metadata.labels ?? {}));
  }
}

function ruleMatches(rule: Rule, { kind, operation, subresource, namespace, name }: AdmissionRequest): boolean {
  const { group, version, plural } = kind.entry;
  const has = (values: readonly string[] | undefined, wanted: string) => values !== undefined && (values.includes("*") || values.includes(wanted));
  if (!has(rule.operations, operation) || !has(rule.apiGroups, group) || !has(rule.apiVersions, version)) return false;
  if (rule.scope !== undefined && rule.scope !== "*" && (rule.scope === "Namespaced") !== (namespace !== "" && kind.entry.namespaced)) return false;
  if (rule.resourceNames?.length && !rule.resourceNames.includes(name)) return false;
  return (rule.resources ?? []).some((entry) => {
    const [resource = "", sub] = entry.split("/");
    if (resource !== "*" && resource !== plural) return false;
    return sub === undefined ? subresource === "" : sub === "*" ? subresource !== "" || resource === "*" : sub === subresource;
  });
}
