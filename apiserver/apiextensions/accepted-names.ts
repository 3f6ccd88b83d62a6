import { setCondition } from "../../api/kinds/apiextensions/custom-resource-definition.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { isConditionTrue } from "../../api/validation/apiextensions/definition.ts";
import type { CustomResourceDefinition } from "../../api/wire.ts";

/** Names of a definition as its status has them. */
export type AcceptedNames = NonNullable<NonNullable<CustomResourceDefinition["status"]>["acceptedNames"]>;

/**
 * Accepts what names a definition asks for and no other of its group has (`taken`), and says so in its conditions: AcceptedNamesAccepted, and Established as far as names
 * decide it. What is taken stays as it was. True when other names are accepted than before.
 */
export function acceptNames(definition: CustomResourceDefinition, taken: readonly AcceptedNames[], now: string): boolean {
  const wanted = definition.spec?.names;
  const before = definition.status?.acceptedNames;
  if (!wanted || !definition.status) return false;
  const accepted = before ?? ({ plural: "", kind: "" } as AcceptedNames);
  const resources = new Set(taken.flatMap((names) => [names.plural, names.singular ?? "", ...(names.shortNames ?? [])]));
  const kinds = new Set(taken.flatMap((names) => [names.kind, names.listKind ?? ""]));
  const next: AcceptedNames = { ...accepted };
  const conflicts: [reason: string, message: string][] = [];
  const claim = (field: "plural" | "singular" | "kind" | "listKind", used: ReadonlySet<string>, reason: string) => {
    const name = wanted[field] ?? "";
    if (name !== (accepted[field] ?? "") && used.has(name)) conflicts.push([reason, inUse(name)]);
    else if (name === "") delete (next as Partial<AcceptedNames>)[field];
    else next[field] = name;
  };
  claim("plural", resources, "PluralConflict");
  claim("singular", resources, "SingularConflict");
  const clashes = (wanted.shortNames ?? []).filter((name) => !accepted.shortNames?.includes(name) && resources.has(name)).map(inUse);
  if (clashes.length > 0) conflicts.push(["ShortNamesConflict", clashes.length === 1 ? clashes[0]! : `[${clashes.join(", ")}]`]);
  else copyList(next, wanted, "shortNames");
  claim("kind", kinds, "KindConflict");
  claim("listKind", kinds, "ListKindConflict");
  copyList(next, wanted, "categories");
  next.plural ??= "";
  next.kind ??= "";
  const changed = !equalJson(next, accepted);
  definition.status.acceptedNames = next;
  setConditions(definition, conflicts.at(-1), now);
  return changed;
}

function inUse(name: string): string {
  return `${JSON.stringify(name)} is already in use`;
}

function copyList(next: AcceptedNames, wanted: AcceptedNames, field: "shortNames" | "categories"): void {
  if (wanted[field]?.length) next[field] = wanted[field];
  else delete next[field];
}

function setConditions(definition: CustomResourceDefinition, conflict: [string, string] | undefined, now: string): void {
  const [reason, message] = conflict ?? ["NoConflicts", "no conflicts found"];
  setCondition(definition, { type: "NamesAccepted", status: conflict === undefined ? "True" : "False", reason, message }, now);
  if (isConditionTrue(definition, "Established")) return;
  if (conflict === undefined) setCondition(definition, { type: "Established", status: "False", reason: "Installing", message: "the initial names have been accepted" }, now);
  else if (!definition.status?.conditions?.some((condition) => condition.type === "Established")) setCondition(definition, { type: "Established", status: "False", reason: "NotAccepted", message: "not all names are accepted" }, now);
}
