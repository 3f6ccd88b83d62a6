import { compileTerm } from "../../api/selector/node-selector.ts";
import { tolerates } from "../../api/selector/tolerations.ts";
import type { Node, NodeSelectorTerm, Pod, Taint } from "../../api/wire.ts";
import type { Failure } from "../decide/examine.ts";
import type { NodeState } from "../snapshot/node-state.ts";
import type { Fix, Shortfall, Situation } from "./fix.ts";

type Requirement = NonNullable<NodeSelectorTerm["matchExpressions"]>[number];

/** What taints of the node's own mean, and what mends them: nobody should tolerate these away. */
const CONDITIONS: Readonly<Record<string, string>> = {
  "node.kubernetes.io/not-ready": "the node is not ready",
  "node.kubernetes.io/unreachable": "the node does not answer",
  "node.kubernetes.io/memory-pressure": "the node is short of memory",
  "node.kubernetes.io/disk-pressure": "the node is short of disk space",
  "node.kubernetes.io/pid-pressure": "the node is short of process ids",
  "node.kubernetes.io/network-unavailable": "the node's network is not set up",
  "node.cloudprovider.kubernetes.io/uninitialized": "the node is not initialised yet",
};

/** Who may go to the node at all: cordon, taints, labels. */
export function accessShortfalls(situation: Situation, { filter, reasons }: Failure): readonly Shortfall[] {
  const reason = reasons[0] ?? "";
  if (filter === "NodeUnschedulable") return [{ filter, reason, text: "the node is cordoned", fixes: [uncordon(situation.node)] }];
  if (filter === "NodeName") return [{ filter, reason, text: `spec.nodeName asks for ${situation.pod.shape.nodeName}`, fixes: [] }];
  if (filter === "TaintToleration") return taints(situation, reason);
  return [affinity(situation, reason)];
}

function uncordon(node: NodeState): Fix {
  return {
    kind: "uncordon",
    text: `uncordon ${node.name}`,
    cost: 0.2,
    node: (old) => ({ ...old, spec: { ...old.spec, unschedulable: false, taints: (old.spec?.taints ?? []).filter((taint) => taint.key !== "node.kubernetes.io/unschedulable") } }),
  };
}

/** `key=value:NoSchedule`. */
export function taintText(taint: Taint): string {
  return `${taint.key}${taint.value ? `=${taint.value}` : ""}:${taint.effect}`;
}

function taints({ pod, node }: Situation, reason: string): Shortfall[] {
  return node.hardTaints
    .filter((taint) => !pod.shape.tolerations.some((toleration) => tolerates(toleration, taint)))
    .map((taint) => {
      const condition = CONDITIONS[taint.key];
      const without = (old: Node): Node => ({ ...old, spec: { ...old.spec, taints: (old.spec?.taints ?? []).filter((one) => one.key !== taint.key || one.effect !== taint.effect) } });
      if (taint.key === "node.kubernetes.io/unschedulable") return { filter: "TaintToleration", reason, text: "the node is cordoned", fixes: [uncordon(node)] };
      if (condition !== undefined) return { filter: "TaintToleration", reason, text: `${condition} (taint ${taintText(taint)})`, fixes: [{ kind: "repair", text: `bring ${node.name} back: ${condition}`, cost: 0.8, node: without }] };
      const toleration = { key: taint.key, operator: taint.value ? "Equal" : "Exists", ...(taint.value && { value: taint.value }), effect: taint.effect };
      return {
        filter: "TaintToleration",
        reason,
        text: `the taint ${taintText(taint)} is not tolerated`,
        fixes: [
          { kind: "tolerate", text: `let the pod tolerate ${taintText(taint)}`, cost: 0.5, pod: (old: Pod) => ({ ...old, spec: { ...old.spec!, tolerations: [...(old.spec?.tolerations ?? []), toleration] } }) },
          { kind: "untaint", text: `take the taint ${taintText(taint)} off ${node.name}`, cost: 0.6, node: without },
        ],
      };
    });
}

function requirementText({ key, operator, values = [] }: Requirement): string {
  const list = values.length === 1 && operator === "In" ? `=${values[0]}` : ` ${operator}${values.length > 0 ? ` ${values.slice(0, 5).join("|")}` : ""}`;
  return operator === "Exists" ? `label ${key}` : operator === "DoesNotExist" ? `no label ${key}` : `${key}${list}`;
}

function fails(node: NodeState, requirement: Requirement, field: boolean): boolean {
  return !compileTerm(field ? { matchFields: [requirement] } : { matchExpressions: [requirement] })(node);
}

function hasText(node: NodeState, key: string): string {
  return Object.hasOwn(node.labels, key) ? `the node has ${key}=${node.labels[key]}` : `the node has no label ${key}`;
}

/** The label that would make the requirement hold; undefined where a label cannot. */
function labelFor({ operator, values = [] }: Requirement): string | undefined {
  if (operator === "In") return values[0];
  return operator === "Exists" ? "" : undefined;
}

function affinity({ pod, node }: Situation, reason: string): Shortfall {
  const spec = pod.pod.spec!;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const selector = Object.entries(spec.nodeSelector ?? {}).map(([key, value]) => ({ key, operator: "In", values: [value] }));
  const missing = selector.filter((one) => fails(node, one, false)).map((one) => ({ requirement: one, field: false }));
  const perTerm = terms.map((term) => [
    ...(term.matchExpressions ?? []).filter((one) => fails(node, one, false)).map((requirement) => ({ requirement, field: false })),
    ...(term.matchFields ?? []).filter((one) => fails(node, one, true)).map((requirement) => ({ requirement, field: true })),
  ]);
  // Terms are alternatives: the one that lacks least is the one to look at. An empty term matches nothing.
  const nearest = perTerm.filter((_, i) => terms[i]!.matchExpressions?.length || terms[i]!.matchFields?.length).sort((a, b) => a.length - b.length)[0];
  const all = [...missing, ...(perTerm.some((one, i) => one.length === 0 && (terms[i]!.matchExpressions?.length || terms[i]!.matchFields?.length)) ? [] : (nearest ?? []))];
  if (all.length === 0) return { filter: "NodeAffinity", reason, text: terms.length === 0 ? reason : "the required node affinity has no term that could match", fixes: [] };
  const text = all.map(({ requirement, field }) => `wants ${requirementText(requirement)}${field ? "" : `, ${hasText(node, requirement.key)}`}`).join("; ");
  return { filter: "NodeAffinity", reason, text, fixes: all.some(({ field }) => field) ? [] : affinityFixes(node, all.map(({ requirement }) => requirement)) };
}

function affinityFixes(node: NodeState, requirements: readonly Requirement[]): Fix[] {
  const keys = new Set(requirements.map(({ key }) => key));
  const kept = (list: readonly Requirement[] | undefined) => (list ?? []).filter(({ key }) => !keys.has(key));
  const relax = (old: Pod): Pod => {
    const nodeSelector = Object.fromEntries(Object.entries(old.spec?.nodeSelector ?? {}).filter(([key]) => !keys.has(key)));
    const { requiredDuringSchedulingIgnoredDuringExecution: required, ...others } = old.spec?.affinity?.nodeAffinity ?? {};
    const terms = (required?.nodeSelectorTerms ?? []).map((term) => ({ ...term, matchExpressions: kept(term.matchExpressions) })).filter((term) => term.matchExpressions.length > 0 || (term.matchFields?.length ?? 0) > 0);
    const open = terms.length < (required?.nodeSelectorTerms?.length ?? 0);
    const nodeAffinity = { ...others, ...(required !== undefined && !open && { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } }) };
    return { ...old, spec: { ...old.spec!, nodeSelector, affinity: { ...old.spec?.affinity, nodeAffinity } } };
  };
  const fixes: Fix[] = [{ kind: "affinity", text: `do not ask for ${requirements.map(requirementText).join(" and ")}`, cost: 0.6 + 0.1 * requirements.length, pod: relax }];
  const labels = requirements.map((one) => [one.key, labelFor(one)] as const);
  if (labels.every(([key, value]) => value !== undefined && key !== "kubernetes.io/hostname")) {
    const text = `label ${node.name} ${labels.map(([key, value]) => `${key}=${value}`).join(" ")}`;
    fixes.push({ kind: "label", text, cost: 0.55 + 0.1 * labels.length, node: (old) => ({ ...old, metadata: { ...old.metadata, labels: { ...old.metadata.labels, ...(Object.fromEntries(labels) as Record<string, string>) } } }) });
  }
  return fixes;
}
