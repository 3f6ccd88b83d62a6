import { EMPTY, type FieldSet, unionAll } from "./field-set.ts";
import { type Managed, type ManagerFields, managerId } from "./managed.ts";

/** Managers of plain writes that are kept apart; older ones share an entry. */
const MAX_UPDATERS = 10;
const SHARED_NAME = "ancient-changes";

/** Puts the oldest managers of plain writes together, one entry for each version, while there are too many. */
export function capUpdaters(managed: Managed): void {
  const { fields, times } = managed;
  if (fields.size <= MAX_UPDATERS) return;
  const updaters = [...fields].filter(([, { applied }]) => !applied).map(([id]) => id);
  let count = updaters.length;
  if (count <= MAX_UPDATERS) return;
  updaters.sort((a, b) => compareText(times.get(a) ?? "", times.get(b) ?? "") || compareText(a, b));
  const firstOfVersion = new Map<string, string>();
  // What each shared entry is put together from, at the end: one by one would take the square of the time, and a request may bring thousands.
  const parts = new Map<string, FieldSet[]>();
  for (const id of updaters) {
    if (count <= MAX_UPDATERS) break;
    const mine = fields.get(id) as ManagerFields;
    const first = firstOfVersion.get(mine.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(mine.apiVersion, id);
      continue;
    }
    const shared = managerId({ manager: SHARED_NAME, operation: "Update", apiVersion: mine.apiVersion });
    const sets = parts.get(shared) ?? [(fields.get(shared) ?? fields.get(first))?.set ?? EMPTY];
    sets.push(mine.set);
    parts.set(shared, sets);
    if (!fields.has(shared)) fields.delete(first);
    fields.delete(id);
    fields.set(shared, mine);
    count--;
    const time = times.get(id);
    if (time === undefined) times.delete(shared);
    else times.set(shared, time);
  }
  for (const [shared, sets] of parts) fields.set(shared, { ...(fields.get(shared) as ManagerFields), set: unionAll(sets) });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
