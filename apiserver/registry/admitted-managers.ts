import { decodeManaged, ManagedFieldsError } from "../../api/fieldmanager/managed.ts";
import type { ApiObject, ObjectMeta } from "../../api/wire.ts";

/** After admission, which may change anything: managedFields that can no longer be read are as they were `before`, with Kubernetes' warning. */
export function keepReadableManagers(object: ApiObject, before: ObjectMeta["managedFields"], warnings: string[]): void {
  const { metadata } = object;
  if (metadata.managedFields === before) return;
  try {
    decodeManaged(metadata.managedFields);
  } catch (error) {
    if (!(error instanceof ManagedFieldsError)) throw error;
    if (before === undefined) delete metadata.managedFields;
    else metadata.managedFields = before;
    warnings.push(`.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${error.message}`);
  }
}
