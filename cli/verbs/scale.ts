import type { Resource } from "../../api/resources.ts";
import type { Scale } from "../../api/wire.ts";
import type { Session } from "../api/session.ts";
import { displayName, parseOneTarget } from "../api/targets.ts";
import { UserError } from "../user-error.ts";

/** `berth scale TYPE/NAME --replicas=N`, through the scale subresource; `current` refuses when another number stands. */
export async function scale(session: Session, words: readonly string[], replicas: number, current: number | undefined): Promise<string> {
  if (!Number.isInteger(replicas) || replicas < 0) throw new UserError("--replicas must be a whole number of 0 or more", 2);
  const { resource, name } = parseOneTarget(words, await session.mapper());
  if (!resource.subresources.includes("scale")) throw new UserError(`${resource.resource} cannot be scaled: they have no scale subresource`);
  const key = { namespace: resource.namespaced ? session.namespace : undefined, name };
  const scales = resource as Resource<unknown> as Resource<Scale>;
  if (current !== undefined) {
    const live = await session.client.get(scales, key, { subresource: "scale" });
    if (live.spec?.replicas !== current) throw new UserError(`expected replicas to be ${current}, was ${live.spec?.replicas ?? 0}`);
  }
  await session.client.patch(scales, key, "merge", { spec: { replicas } }, { subresource: "scale", fieldManager: "berth-scale" });
  return `${displayName(resource, name)} scaled`;
}
