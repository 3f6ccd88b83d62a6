import type { ApiResponse } from "../../api/exchange.ts";
import { FieldManager } from "../../api/fieldmanager/field-manager.ts";
import { managerName } from "../../api/fieldmanager/manager-name.ts";
import { mergeTypeOf } from "../../api/fieldmanager/merge-type.ts";
import { NO_FILTER } from "../../api/fieldmanager/reset-fields.ts";
import { invalid } from "../../api/status/errors.ts";
import type { ApiObject } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { AdmissionRequest } from "../admission/admission.ts";
import { answerObject, negotiate } from "../chain/answer.ts";
import { header, type RequestContext } from "../chain/context.ts";
import { matchNamespace } from "../registry/create.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { bodyKindOf } from "../rest/create-handler.ts";
import { readObject } from "../rest/read-body.ts";
import { checkTimeout } from "../rest/read-handlers.ts";
import { parseWriteOptions, type WriteOptions } from "../rest/write-options.ts";

/** The virtual kinds' handlers, by plural. */
export type ReviewHandler = (context: RequestContext, kind: ServedKind) => Promise<ApiResponse>;

/** A review as it came, found valid, and how to go on. */
export interface ReceivedReview<T extends ApiObject> {
  readonly review: T;
  /** Validating admission, which comes after the review's own checks. @throws StatusError */
  admitted(): Promise<void>;
  /** 201 with the review, or with what is answered in its place. */
  answer(object: ApiObject): ApiResponse;
}

/** Reads a review from a POST: decoded, changed by admission, validated; nothing is decided yet. @throws StatusError */
export async function receiveReview<T extends ApiObject>(registry: Registry, context: RequestContext, kind: ServedKind): Promise<ReceivedReview<T>> {
  const negotiated = negotiate(context, { tables: false });
  checkTimeout(context);
  const options = parseWriteOptions(context.info.query, "CreateOptions");
  const review = readObject(context, bodyKindOf(kind), options.fieldValidation);
  matchNamespace(kind, review, context.info.namespace);
  track(context, kind, review, options);
  const admission = admissionOf(context, kind, review, options.dryRun);
  await registry.admission.admit(admission);
  const errors = kind.entry.strategy.validate?.(review, { user: context.user, now_ms: context.now_ms, subresource: "" }) ?? [];
  // Kubernetes names no kind here.
  if (errors.length > 0) throw invalid({ group: kind.entry.group, kind: "" }, "", errors);
  return {
    review: review as T,
    admitted: async () => registry.admission.validate(admission),
    answer: (object) => answerObject(context, negotiated, kind.definition, object, 201),
  };
}

const managers = new WeakMap<ServedKind, FieldManager>();

/** Reviews have managedFields like all that is created, although nobody will ever apply one. */
function track(context: RequestContext, kind: ServedKind, review: ApiObject, options: WriteOptions): void {
  const { group, version, kind: name, definition } = kind.entry;
  let manager = managers.get(kind);
  if (manager === undefined) {
    manager = new FieldManager({ group, version, kind: name, definition, type: mergeTypeOf(definition), subresource: "", filter: NO_FILTER });
    managers.set(kind, manager);
  }
  manager.update(undefined, review, managerName(options.fieldManager, header(context.request, "user-agent") ?? ""), rfc3339(context.now_ms));
}

function admissionOf(context: RequestContext, kind: ServedKind, object: ApiObject, dryRun: boolean): AdmissionRequest {
  const { user, info, now_ms, warnings } = context;
  return { operation: "CREATE", kind, subresource: "", namespace: info.namespace, name: object.metadata.name ?? "", object, user, dryRun, now_ms, warnings };
}
