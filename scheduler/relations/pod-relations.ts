import { type LabelMatcher, matcherOf } from "../../api/selector/labels.ts";
import type { LabelSelector, Pod } from "../../api/wire.ts";
import type { NamespaceLabels } from "./namespaces.ts";

type Labels = Readonly<Record<string, string>>;

/** Which pods a rule counts: those of some namespaces whose labels match. Pods that write it alike share one object. */
export interface PodSelector {
  /** Equal selectors have equal text. */
  readonly text: string;
  /** Namespaces by name. */
  readonly namespaces: ReadonlySet<string>;
  /** Namespaces by label; undefined: none. */
  readonly namespaceSelector: LabelMatcher | undefined;
  readonly matcher: LabelMatcher;
  /** Pods being deleted do not count. */
  readonly livingOnly: boolean;
}

/** One term of (anti-)affinity. */
export interface Term {
  readonly selector: PodSelector;
  readonly topologyKey: string;
  /** 0 for required terms. */
  readonly weight: number;
}

export interface SpreadConstraint {
  readonly selector: PodSelector;
  readonly topologyKey: string;
  readonly maxSkew: number;
  /** 1 unless said otherwise. */
  readonly minDomains: number;
  /** DoNotSchedule. */
  readonly required: boolean;
  /** nodeAffinityPolicy: Honor. */
  readonly honorAffinity: boolean;
  /** nodeTaintsPolicy: Honor. */
  readonly honorTaints: boolean;
}

/** What a pod's spec says about other pods. */
export interface PodRelations {
  /** Equal relations have equal text. */
  readonly text: string;
  readonly requiredAffinity: readonly Term[];
  readonly requiredAntiAffinity: readonly Term[];
  readonly preferredAffinity: readonly Term[];
  readonly preferredAntiAffinity: readonly Term[];
  readonly spread: readonly SpreadConstraint[];
}

/** Whether a pod of this namespace and these labels is one that the selector counts. */
export function selects(selector: PodSelector, namespace: string, labels: Labels, namespaceLabels: NamespaceLabels): boolean {
  const inNamespace = selector.namespaces.has(namespace) || (selector.namespaceSelector?.matches(namespaceLabels.labelsOf(namespace)) ?? false);
  return inNamespace && selector.matcher.matches(labels);
}

interface WireTerm {
  readonly labelSelector?: LabelSelector | undefined;
  readonly matchLabelKeys?: readonly string[] | undefined;
  readonly mismatchLabelKeys?: readonly string[] | undefined;
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly namespaces?: readonly string[] | undefined;
  readonly topologyKey: string;
}

/** The selector with the pod's own values of `keys` (KEP-3633): the API server merges them when a pod is made; merging again changes nothing. */
function withOwnLabels(selector: LabelSelector | undefined, keys: readonly string[], operator: "In" | "NotIn", labels: Labels): LabelSelector | undefined {
  const own = keys.filter((key) => Object.hasOwn(labels, key)).map((key) => ({ key, operator, values: [labels[key]!] }));
  if (selector === undefined || own.length === 0) return selector;
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...own] };
}

/** `livingOnly`: pods being deleted do not count. */
export function selectorOf(selector: LabelSelector | undefined, namespaces: readonly string[], namespaceSelector: LabelSelector | undefined, livingOnly: boolean): PodSelector {
  const matcher = matcherOf(selector);
  const namespaceMatcher = namespaceSelector === undefined ? undefined : matcherOf(namespaceSelector);
  const names = [...new Set(namespaces)].sort();
  const text = JSON.stringify([names, namespaceMatcher?.toString(), matcher.nothing ? null : matcher.toString(), livingOnly]);
  return { text, namespaces: new Set(names), namespaceSelector: namespaceMatcher, matcher, livingOnly };
}

function termOf(term: WireTerm, weight: number, namespace: string, labels: Labels): Term {
  const matched = withOwnLabels(term.labelSelector, term.matchLabelKeys ?? [], "In", labels);
  const selector = withOwnLabels(matched, term.mismatchLabelKeys ?? [], "NotIn", labels);
  const own = (term.namespaces?.length ?? 0) === 0 && term.namespaceSelector === undefined;
  return { selector: selectorOf(selector, own ? [namespace] : (term.namespaces ?? []), term.namespaceSelector, false), topologyKey: term.topologyKey, weight };
}

type WireSpread = NonNullable<NonNullable<Pod["spec"]>["topologySpreadConstraints"]>[number];

function spreadOf(constraint: WireSpread, namespace: string, labels: Labels): SpreadConstraint {
  return {
    selector: selectorOf(withOwnLabels(constraint.labelSelector, constraint.matchLabelKeys ?? [], "In", labels), [namespace], undefined, true),
    topologyKey: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    required: constraint.whenUnsatisfiable === "DoNotSchedule",
    honorAffinity: constraint.nodeAffinityPolicy !== "Ignore",
    honorTaints: constraint.nodeTaintsPolicy === "Honor",
  };
}

/** Reads and shares pods' relations; at most `capacity` are remembered. */
export class RelationsReader {
  readonly #byText = new Map<string, PodRelations>();
  readonly #capacity: number;

  constructor(capacity = 20_000) {
    this.#capacity = capacity;
  }

  /** Undefined: the spec says nothing about other pods. @throws SelectorError when a selector is malformed (the API server refuses such pods) */
  of(pod: Pod): PodRelations | undefined {
    const affinity = pod.spec?.affinity;
    const spread = pod.spec?.topologySpreadConstraints;
    if (!affinity?.podAffinity && !affinity?.podAntiAffinity && !spread?.length) return undefined;
    const namespace = pod.metadata.namespace ?? "";
    const labels = pod.metadata.labels ?? {};
    const text = JSON.stringify([namespace, affinity?.podAffinity, affinity?.podAntiAffinity, spread, ownValues(pod, labels)]);
    let relations = this.#byText.get(text);
    if (relations === undefined) {
      relations = compile(text, pod, namespace, labels);
      if (this.#byText.size >= this.#capacity) this.#byText.delete(this.#byText.keys().next().value!);
    } else this.#byText.delete(text);
    this.#byText.set(text, relations);
    return relations;
  }
}

/** The label values that (mis)matchLabelKeys bring in. */
function ownValues(pod: Pod, labels: Labels): (string | undefined)[] {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  const terms: { matchLabelKeys?: string[]; mismatchLabelKeys?: string[] }[] = [
    ...(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => term.podAffinityTerm),
    ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => term.podAffinityTerm),
    ...(pod.spec?.topologySpreadConstraints ?? []),
  ];
  return terms.flatMap((term) => [...(term.matchLabelKeys ?? []), ...(term.mismatchLabelKeys ?? [])].map((key) => labels[key]));
}

function compile(text: string, pod: Pod, namespace: string, labels: Labels): PodRelations {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  const required = (terms: readonly WireTerm[] | undefined) => (terms ?? []).map((term) => termOf(term, 0, namespace, labels));
  const preferred = (terms: readonly { readonly weight: number; readonly podAffinityTerm: WireTerm }[] | undefined) =>
    (terms ?? []).map(({ weight, podAffinityTerm }) => termOf(podAffinityTerm, weight, namespace, labels));
  return {
    text,
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    spread: (pod.spec?.topologySpreadConstraints ?? []).map((constraint) => spreadOf(constraint, namespace, labels)),
  };
}
