import { duplicate, forbidden, invalid, notSupported, notSupportedInOrder, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { PodSpec, Taint, Toleration, TopologySpreadConstraint } from "../../wire.ts";
import { type Errors, invalidEach, NOT_POSITIVE_TEXT, optionalEnum } from "../common.ts";
import { internalJson } from "../internal-json.ts";
import { validateLabelName, validateLabelSelector } from "../labels.ts";
import { labelValue, qualifiedName } from "../names.ts";

const operators = ["Equal", "Exists"];
const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** Which taints a pod bears. */
export function validateTolerations(tolerations: readonly Toleration[], path: FieldPath, errors: Errors): void {
  tolerations.forEach((toleration, i) => {
    const at = path.index(i);
    const { key, operator = "", value = "", effect = "", tolerationSeconds } = toleration;
    if (key) validateLabelName(key, at.child("key"), errors);
    else if (operator !== "Exists") errors.push(invalid(at.child("operator"), operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'));
    if (tolerationSeconds !== undefined && effect !== "NoExecute") errors.push(invalid(at.child("effect"), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (operator === "" || operator === "Equal") {
      const messages = labelValue(value);
      if (messages.length > 0) errors.push(invalid(at.child("operator"), value, messages.join(";")));
    } else if (operator === "Exists") {
      if (value !== "") errors.push(invalid(at.child("operator"), value, "value must be empty when `operator` is 'Exists'"));
    } else errors.push(notSupportedInOrder(at.child("operator"), operator, operator === "Lt" || operator === "Gt" ? [...operators, "Lt", "Gt"] : operators));
    if (effect !== "" && !effects.includes(effect)) errors.push(notSupportedInOrder(at.child("effect"), effect, effects));
  });
}

/** Taints of a node: no key twice with one effect. */
export function validateTaints(taints: readonly Taint[], path: FieldPath, errors: Errors): void {
  const seen = new Set<string>();
  taints.forEach((taint, i) => {
    const at = path.index(i);
    validateLabelName(taint.key, at.child("key"), errors);
    const messages = labelValue(taint.value ?? "");
    if (messages.length > 0) errors.push(invalid(at.child("value"), taint.value, messages.join(";")));
    if (!taint.effect) errors.push(required(at.child("effect")));
    else if (!effects.includes(taint.effect)) errors.push(notSupportedInOrder(at.child("effect"), taint.effect, effects));
    const pair = `${taint.effect} ${taint.key}`;
    if (seen.has(pair)) errors.push({ ...duplicate(at, internalJson("io.k8s.api.core.v1.Taint", taint)), detail: "taints must be unique by key and effect pair" });
    seen.add(pair);
  });
}

/** Conditions that others must set before the pod counts as ready. */
export function validateReadinessGates(gates: NonNullable<PodSpec["readinessGates"]>, path: FieldPath, errors: Errors): void {
  gates.forEach((gate, i) => {
    invalidEach(qualifiedName(gate.conditionType ?? ""), gate.conditionType ?? "", path.index(i).child("conditionType"), errors);
  });
}

/** What holds the pod back from scheduling. */
export function validateSchedulingGates(gates: NonNullable<PodSpec["schedulingGates"]>, path: FieldPath, errors: Errors): void {
  const seen = new Set<string>();
  gates.forEach(({ name = "" }, i) => {
    invalidEach(qualifiedName(name), name, path.index(i), errors);
    if (seen.has(name)) errors.push(duplicate(path.index(i), name));
    seen.add(name);
  });
}

/** How pods are spread over domains. */
export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[], path: FieldPath, errors: Errors): void {
  constraints.forEach((constraint, i) => {
    const at = path.index(i);
    const { maxSkew = 0, topologyKey, whenUnsatisfiable = "", minDomains } = constraint;
    if (maxSkew <= 0) errors.push(invalid(at.child("maxSkew"), maxSkew, NOT_POSITIVE_TEXT));
    if (!topologyKey) errors.push(required(at.child("topologyKey"), "can not be empty"));
    const actions = ["DoNotSchedule", "ScheduleAnyway"];
    if (!actions.includes(whenUnsatisfiable)) errors.push(notSupported(at.child("whenUnsatisfiable"), whenUnsatisfiable, actions));
    const again = constraints.slice(i + 1).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (again) errors.push(duplicate(at.child("{topologyKey, whenUnsatisfiable}"), `{${topologyKey}, ${whenUnsatisfiable}}`));
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalid(at.child("minDomains"), minDomains, NOT_POSITIVE_TEXT));
      if (whenUnsatisfiable !== "DoNotSchedule") errors.push(invalid(at.child("minDomains"), minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`));
    }
    optionalEnum(constraint.nodeAffinityPolicy, ["Ignore", "Honor"], at, "nodeAffinityPolicy", errors);
    optionalEnum(constraint.nodeTaintsPolicy, ["Ignore", "Honor"], at, "nodeTaintsPolicy", errors);
    validateMatchLabelKeys(constraint, at.child("matchLabelKeys"), errors);
    validateLabelSelector(constraint.labelSelector, at.child("labelSelector"), errors);
  });
}

function validateMatchLabelKeys(constraint: TopologySpreadConstraint, path: FieldPath, errors: Errors): void {
  const keys = constraint.matchLabelKeys ?? [];
  if (keys.length === 0) return;
  const selector = constraint.labelSelector;
  if (!selector) errors.push(forbidden(path, "must not be specified when labelSelector is not set"));
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) {
    // The first requirement of such a key is the one that the server itself made of it.
    if (keys.includes(key) && seen.has(key)) errors.push(invalid(path.index(keys.lastIndexOf(key)), key, "exists in both matchLabelKeys and labelSelector"));
    seen.add(key);
  }
  keys.forEach((key, i) => {
    validateLabelName(key, path.index(i), errors);
  });
}
