import { badRequest } from "../../api/status/errors.ts";
import { accessRequestOf, forbiddenError } from "../auth/authorizer.ts";
import type { RequestContext } from "../chain/context.ts";
import type { Disruption } from "../registry/delete-options.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";

/** Parameters of `DELETE pods/NAME` by which its DisruptionTarget condition (KEP-3329) is written with the deletion itself. */
const REASON = "berth.dev/disruption-reason";
const MESSAGE = "berth.dev/disruption-message";
/** metav1.Condition. */
const REASON_FORM = /^[A-Za-z](?:[A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const MAX_REASON = 1_024;
const MAX_MESSAGE = 32_768;

/** What a deletion says of itself; undefined: nothing. Who asks for it must be allowed to patch the pod's status. @throws StatusError 400, 403 */
export async function disruptionOf(registry: Registry, context: RequestContext, { entry }: ServedKind): Promise<Disruption | undefined> {
  const { query } = context.info;
  const reason = query.get(REASON);
  if (reason === undefined || entry.group !== "" || entry.kind !== "Pod") return undefined;
  const message = query.get(MESSAGE) ?? "";
  if (reason.length > MAX_REASON || !REASON_FORM.test(reason)) throw badRequest(`${REASON} must be a condition's reason: letters, digits and _,: (at most ${MAX_REASON})`);
  if (message.length > MAX_MESSAGE) throw badRequest(`${MESSAGE} may have at most ${MAX_MESSAGE} characters`);
  const access = { ...accessRequestOf(context.user, context.info), verb: "patch", subresource: "status" };
  const decision = await registry.authorizer.authorize(access);
  if (decision.verdict !== "allow") throw forbiddenError(access, decision.reason);
  return { reason, message };
}
