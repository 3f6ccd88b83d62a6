import { badRequest } from "../../api/status/errors.ts";
import type { ApiObject } from "../../api/wire.ts";
import { matchNamespace } from "../registry/create.ts";
import type { ServedKind } from "../registry/served-kind.ts";

/** The object of a PUT or the result of a PATCH must be the one that the URL names. @throws StatusError 400 */
export function checkName(kind: ServedKind, object: ApiObject, namespace: string, name: string): void {
  if (!object.metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (object.metadata.name !== name) throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  matchNamespace(kind, object, namespace);
}
