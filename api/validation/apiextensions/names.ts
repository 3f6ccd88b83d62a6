import { invalid } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { CustomResourceDefinition } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { dns1035Label } from "../names.ts";

type Names = NonNullable<CustomResourceDefinition["spec"]>["names"];

/** Names of a definition, wanted or accepted: each may be absent here. */
export function validateDefinitionNames(names: Partial<Names> | undefined, path: FieldPath, errors: Errors): void {
  label(names?.plural, path.child("plural"), errors);
  label(names?.singular, path.child("singular"), errors);
  mixedCaseLabel(names?.kind, path.child("kind"), errors);
  mixedCaseLabel(names?.listKind, path.child("listKind"), errors);
  for (const [i, name] of (names?.shortNames ?? []).entries()) labelEvenEmpty(name, path.child("shortNames").index(i), errors);
  if (names?.kind && names.kind === names.listKind) errors.push(invalid(path.child("listKind"), names.listKind, "kind and listKind may not be the same"));
  for (const [i, category] of (names?.categories ?? []).entries()) labelEvenEmpty(category, path.child("categories").index(i), errors);
}

function label(value: string | undefined, path: FieldPath, errors: Errors): void {
  if (value) labelEvenEmpty(value, path, errors);
}

function labelEvenEmpty(value: string, path: FieldPath, errors: Errors): void {
  const messages = dns1035Label(value);
  if (messages.length > 0) errors.push(invalid(path, value, messages.join(",")));
}

function mixedCaseLabel(value: string | undefined, path: FieldPath, errors: Errors): void {
  if (!value) return;
  const messages = dns1035Label(value.toLowerCase());
  if (messages.length > 0) errors.push(invalid(path, value, `may have mixed case, but should otherwise match: ${messages.join(",")}`));
}
