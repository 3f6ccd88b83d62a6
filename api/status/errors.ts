import type { Status, StatusCause } from "../wire.ts";
import { fieldErrorBody, fieldErrorsText, type FieldError } from "./field-error.ts";
import { goQuote } from "./go-text.ts";

/**
 * Every refusal of the API in one table, after apimachinery's api/errors: nothing else makes a Status or chooses an
 * HTTP code. Each function returns the error to throw.
 */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly status: Status;
  /** Headers of the answer, names in lower case (retry-after). */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: Status, headers: Readonly<Record<string, string>> = {}) {
    super(status.message ?? "");
    this.status = status;
    this.headers = headers;
  }

  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): Reason | "" {
    return (this.status.reason ?? "") as Reason | "";
  }
}

export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** metav1.StatusReason and the HTTP code it goes with. */
const codes = {
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  Invalid: 422,
  ServerTimeout: 500,
  Timeout: 504,
  TooManyRequests: 429,
  BadRequest: 400,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  InternalError: 500,
  ServiceUnavailable: 503,
} as const;

export type Reason = keyof typeof codes;

type Details = NonNullable<Status["details"]>;

function failure(reason: Reason, message: string, details?: Details): StatusError {
  const retry_s = details?.retryAfterSeconds;
  return new StatusError(
    {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      reason,
      ...(details === undefined ? {} : { details }),
      code: codes[reason],
    },
    retry_s === undefined || retry_s === 0 ? {} : { "retry-after": String(retry_s) },
  );
}

/** Details as Go writes them: what is empty is left out. */
function details(fields: { name?: string | undefined; group?: string | undefined; kind?: string | undefined; uid?: string | undefined; causes?: StatusCause[] | undefined; retry_s?: number | undefined }): Details {
  return {
    ...(fields.name ? { name: fields.name } : {}),
    ...(fields.group ? { group: fields.group } : {}),
    ...(fields.kind ? { kind: fields.kind } : {}),
    ...(fields.uid ? { uid: fields.uid } : {}),
    ...(fields.causes && fields.causes.length > 0 ? { causes: fields.causes } : {}),
    ...(fields.retry_s ? { retryAfterSeconds: fields.retry_s } : {}),
  };
}

/** `deployments.apps`, or `pods` for the core group. */
export function resourceText(resource: GroupResource): string {
  return resource.group === "" ? resource.resource : `${resource.resource}.${resource.group}`;
}

/** `Deployment.apps`, or `Pod` for the core group. */
export function kindText(kind: GroupKind): string {
  return kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
}

/** 404 `pods "a" not found`. */
export function notFound(resource: GroupResource, name: string): StatusError {
  return failure("NotFound", `${resourceText(resource)} ${goQuote(name)} not found`, details({ name, group: resource.group, kind: resource.resource }));
}

/** 404 for a path that nothing serves, as a Status: `the server could not find the requested resource`. */
export function resourceNotFound(): StatusError {
  return failure("NotFound", "the server could not find the requested resource", {});
}

/** 409 `pods "a" already exists`. */
export function alreadyExists(resource: GroupResource, name: string): StatusError {
  return failure("AlreadyExists", `${resourceText(resource)} ${goQuote(name)} already exists`, details({ name, group: resource.group, kind: resource.resource }));
}

/** 409 for a POST of a name whose object is on its way out. */
export function beingDeleted(resource: GroupResource, name: string): StatusError {
  return failure("AlreadyExists", `object is being deleted: ${resourceText(resource)} ${goQuote(name)} already exists`, details({ name, group: resource.group, kind: resource.resource }));
}

/** 409 when no generated name was free. */
export function generateNameConflict(resource: GroupResource, name: string, retry_s: number): StatusError {
  return failure(
    "AlreadyExists",
    `${resourceText(resource)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`,
    details({ name, group: resource.group, kind: resource.resource, retry_s }),
  );
}

/** 409 `Operation cannot be fulfilled on pods "a": …`. */
export function conflict(resource: GroupResource, name: string, detail: string): StatusError {
  return failure("Conflict", `Operation cannot be fulfilled on ${resourceText(resource)} ${goQuote(name)}: ${detail}`, details({ name, group: resource.group, kind: resource.resource }));
}

/** The text of the conflict of a stale resourceVersion. */
export const OPTIMISTIC_LOCK_TEXT = "the object has been modified; please apply your changes to the latest version and try again";

/** 409 of a stale resourceVersion. */
export function staleResourceVersion(resource: GroupResource, name: string): StatusError {
  return conflict(resource, name, OPTIMISTIC_LOCK_TEXT);
}

/** 409 of server-side apply: a cause for each field that another manager owns. */
export function applyConflict(causes: StatusCause[], message: string): StatusError {
  return failure("Conflict", message, { causes });
}

/** 422 with a cause for each error. `name` is the object's, "" when it has none. */
export function invalid(kind: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const causes = errors.map((error): StatusCause => {
    const message = fieldErrorBody(error);
    return { reason: error.type, ...(message === "" ? {} : { message }), ...(error.field === "" ? {} : { field: error.field }) };
  });
  const head = `${kindText(kind)} ${goQuote(name)} is invalid`;
  return failure("Invalid", errors.length === 0 ? head : `${head}: ${fieldErrorsText(errors)}`, details({ name, group: kind.group, kind: kind.kind, causes }));
}

/** 400 with the bare message. */
export function badRequest(message: string): StatusError {
  return failure("BadRequest", message);
}

/** 401. */
export function unauthorized(message = "Unauthorized"): StatusError {
  return failure("Unauthorized", message);
}

/** 403 `pods "a" is forbidden: …`; without a name `pods is forbidden: …`; without a resource `forbidden: …`. */
export function forbidden(resource: GroupResource, name: string, detail: string): StatusError {
  const subject = resource.resource === "" ? "forbidden" : name === "" ? `${resourceText(resource)} is forbidden` : `${resourceText(resource)} ${goQuote(name)} is forbidden`;
  return failure("Forbidden", `${subject}: ${detail}`, details({ name, group: resource.group, kind: resource.resource }));
}

/** 405 of a verb that the resource does not have: `delete is not supported on resources of kind "pods"`. */
export function methodNotSupported(resource: GroupResource, action: string): StatusError {
  return failure("MethodNotAllowed", `${action} is not supported on resources of kind ${goQuote(resourceText(resource))}`, details({ group: resource.group, kind: resource.resource }));
}

/** 405 of a verb that is not allowed any more while the resource's definition goes: `create not allowed while …`. */
export function definitionTerminating(resource: GroupResource, action: string): StatusError {
  const text = `${action} not allowed while custom resource definition is terminating`;
  return failure("MethodNotAllowed", text, details({ group: resource.group, kind: resource.resource }));
}

/** 405 of an HTTP method that the path does not know. */
export function methodNotAllowed(): StatusError {
  return failure("MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

/** 406 naming what could be had. */
export function notAcceptable(accepted: readonly string[]): StatusError {
  return failure("NotAcceptable", `only the following media types are accepted: ${accepted.join(", ")}`);
}

/** 406 of an Accept header that names nothing we have, as the handler before the codecs words it. */
export function notAcceptableRepresentation(available: readonly string[]): StatusError {
  return failure("NotAcceptable", `406: Not Acceptable\n\nAvailable representations: ${available.join(", ")}`, {});
}

/** 415 of a Content-Type that the route does not know at all (patches). */
export function unsupportedRouteMediaType(): StatusError {
  return failure("UnsupportedMediaType", "415: Unsupported Media Type", {});
}

/** 406 of a conversion (Table, PartialObjectMetadata) that cannot be. */
export function notAcceptableConversion(message: string): StatusError {
  return failure("NotAcceptable", message);
}

/** 415 naming what is accepted. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return failure("UnsupportedMediaType", `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`);
}

/** 413 `Request entity too large: …`. */
export function requestEntityTooLarge(message: string): StatusError {
  return failure("RequestEntityTooLarge", `Request entity too large: ${message}`);
}

/** 410 of a compacted revision or a continue token that has run out. */
export function expired(message: string): StatusError {
  return failure("Expired", message);
}

/** 410 of what is gone for good. */
export function gone(message: string): StatusError {
  return failure("Gone", message);
}

/** 504 `Timeout: …`: the request may have been done or not. */
export function timeout(message: string, retry_s = 0): StatusError {
  return failure("Timeout", `Timeout: ${message}`, details({ retry_s }));
}

/** 500 ServerTimeout: the server cannot do it now. */
export function serverTimeout(resource: GroupResource, operation: string, retry_s = 0): StatusError {
  return failure(
    "ServerTimeout",
    `The ${operation} operation against ${resourceText(resource)} could not be completed at this time, please try again.`,
    details({ name: operation, group: resource.group, kind: resource.resource, retry_s }),
  );
}

/** 429 with the seconds after which to try again; 0: nobody knows. */
export function tooManyRequests(message: string, retry_s: number, causes: StatusCause[] = []): StatusError {
  return failure("TooManyRequests", message, details({ retry_s, causes }));
}

/** 503. */
export function serviceUnavailable(message: string, retry_s?: number): StatusError {
  return retry_s === undefined ? failure("ServiceUnavailable", message) : failure("ServiceUnavailable", message, details({ retry_s }));
}

/** 500 `Internal error occurred: …`. */
export function internalError(message: string): StatusError {
  return failure("InternalError", `Internal error occurred: ${message}`, { causes: [message === "" ? {} : { message }] });
}

/** 504 of a read that asks for a revision which is not there yet. */
export function resourceVersionTooLarge(requested: number | bigint, current: number | bigint, retry_s = 1): StatusError {
  return failure("Timeout", `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    ...(retry_s === 0 ? {} : { retryAfterSeconds: retry_s }),
  });
}

/**
 * A failure without a reason, as Kubernetes answers what it did not foresee (status 500 with a bare text). For texts
 * under a code of the caller's choosing.
 */
export function untyped(code: number, message: string): StatusError {
  return new StatusError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, code });
}

/** The Status of an operation that succeeded and has no object to show; `code` only where Kubernetes writes it (binding, eviction). */
export function success(fields: { name?: string; group?: string; kind?: string; uid?: string; code?: number } = {}): Status {
  const shown = details(fields);
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    ...(Object.keys(shown).length === 0 ? {} : { details: shown }),
    ...(fields.code === undefined ? {} : { code: fields.code }),
  };
}
