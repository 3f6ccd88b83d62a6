import { applyConflict, type StatusError } from "../status/errors.ts";
import { difference, type FieldSet, forEachPath, isEmpty, union } from "./field-set.ts";
import { managerText } from "./managed.ts";
import { pathText } from "./path-element.ts";

/** Another manager owns what a configuration would change. */
export class ConflictError extends Error {
  /** The fields by manager. */
  readonly conflicts: ReadonlyMap<string, FieldSet>;

  constructor(conflicts: ReadonlyMap<string, FieldSet>) {
    super("other managers own fields of the configuration");
    this.conflicts = conflicts;
  }

  /** All fields in conflict. */
  get paths(): FieldSet {
    return [...this.conflicts.values()].reduce(union);
  }

  /** What is left without these paths; undefined: nothing. */
  without(paths: FieldSet): ConflictError | undefined {
    const left = [...this.conflicts].map(([id, set]): [string, FieldSet] => [id, difference(set, paths)]).filter(([, set]) => !isEmpty(set));
    return left.length === 0 ? undefined : new ConflictError(new Map(left));
  }

  /** The 409 that Kubernetes answers. */
  toStatus(): StatusError {
    const found: { id: string; path: string }[] = [];
    for (const id of [...this.conflicts.keys()].sort()) forEachPath(this.conflicts.get(id) as FieldSet, (path) => found.push({ id, path: pathText(path) }));
    const causes = found.map(({ id, path }) => ({ reason: "FieldManagerConflict", message: `conflict with ${managerText(id)}`, field: path }));
    return applyConflict(causes, conflictMessage(found));
  }
}

function conflictMessage(found: readonly { id: string; path: string }[]): string {
  const first = found[0];
  if (found.length === 1 && first !== undefined) return `Apply failed with 1 conflict: conflict with ${managerText(first.id)}: ${first.path}`;
  const lines: string[] = [];
  let last: string | undefined;
  for (const { id, path } of found) {
    if (id !== last) lines.push(`conflicts with ${managerText(id)}:`);
    lines.push(`- ${path}`);
    last = id;
  }
  return `Apply failed with ${found.length} conflicts: ${lines.join("\n")}`;
}
