import test from "ava";
import * as errors from "./errors.ts";
import { invalid as invalidValue, required } from "./field-error.ts";

const pods = { group: "", resource: "pods" };
const deployments = { group: "apps", resource: "deployments" };

const cases: [string, errors.StatusError, number, string, string, unknown][] = [
  ["not found", errors.notFound(pods, "a"), 404, "NotFound", 'pods "a" not found', { name: "a", kind: "pods" }],
  ["not found in a group", errors.notFound(deployments, "d"), 404, "NotFound", 'deployments.apps "d" not found', { name: "d", group: "apps", kind: "deployments" }],
  ["already there", errors.alreadyExists(pods, "a"), 409, "AlreadyExists", 'pods "a" already exists', { name: "a", kind: "pods" }],
  ["on its way out", errors.beingDeleted(pods, "a"), 409, "AlreadyExists", 'object is being deleted: pods "a" already exists', { name: "a", kind: "pods" }],
  [
    "stale",
    errors.staleResourceVersion(pods, "a"),
    409,
    "Conflict",
    'Operation cannot be fulfilled on pods "a": the object has been modified; please apply your changes to the latest version and try again',
    { name: "a", kind: "pods" },
  ],
  ["bad request", errors.badRequest("x"), 400, "BadRequest", "x", undefined],
  ["unauthorized", errors.unauthorized(), 401, "Unauthorized", "Unauthorized", undefined],
  ["forbidden object", errors.forbidden(pods, "a", "no"), 403, "Forbidden", 'pods "a" is forbidden: no', { name: "a", kind: "pods" }],
  ["forbidden list", errors.forbidden(pods, "", "no"), 403, "Forbidden", "pods is forbidden: no", { kind: "pods" }],
  ["forbidden path", errors.forbidden({ group: "", resource: "" }, "", "no"), 403, "Forbidden", "forbidden: no", {}],
  ["method of a resource", errors.methodNotSupported(pods, "delete"), 405, "MethodNotAllowed", 'delete is not supported on resources of kind "pods"', { kind: "pods" }],
  ["method", errors.methodNotAllowed(), 405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {}],
  ["not acceptable", errors.notAcceptable(["a", "b"]), 406, "NotAcceptable", "only the following media types are accepted: a, b", undefined],
  ["media type", errors.unsupportedMediaType(["a"]), 415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: a", undefined],
  ["too large", errors.requestEntityTooLarge("limit is 5"), 413, "RequestEntityTooLarge", "Request entity too large: limit is 5", undefined],
  ["expired", errors.expired("gone by"), 410, "Expired", "gone by", undefined],
  ["gone", errors.gone("gone"), 410, "Gone", "gone", undefined],
  ["timeout", errors.timeout("slow"), 504, "Timeout", "Timeout: slow", {}],
  [
    "server timeout",
    errors.serverTimeout(pods, "list", 2),
    500,
    "ServerTimeout",
    "The list operation against pods could not be completed at this time, please try again.",
    { name: "list", kind: "pods", retryAfterSeconds: 2 },
  ],
  ["too many requests", errors.tooManyRequests("wait", 10), 429, "TooManyRequests", "wait", { retryAfterSeconds: 10 }],
  ["unavailable", errors.serviceUnavailable("down"), 503, "ServiceUnavailable", "down", undefined],
  ["internal", errors.internalError("oops"), 500, "InternalError", "Internal error occurred: oops", { causes: [{ message: "oops" }] }],
  [
    "future revision",
    errors.resourceVersionTooLarge(9, 5),
    504,
    "Timeout",
    "Timeout: Too large resource version: 9, current: 5",
    { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }], retryAfterSeconds: 1 },
  ],
];

for (const [name, error, code, reason, message, details] of cases) {
  test(`status: ${name}`, (t) => {
    t.is(error.code, code);
    t.is(error.reason, reason as errors.Reason);
    t.is(error.message, message);
    t.deepEqual(error.status.details as unknown, details);
    t.is(error.status.status, "Failure");
  });
}

test("invalid lists its causes in order and names the kind", (t) => {
  const error = errors.invalid({ group: "apps", kind: "Deployment" }, "d", [required("spec.selector"), invalidValue("spec.replicas", -1, "must be greater than or equal to 0")]);
  t.is(error.message, 'Deployment.apps "d" is invalid: [spec.selector: Required value, spec.replicas: Invalid value: -1: must be greater than or equal to 0]');
  t.deepEqual(error.status.details as unknown, {
    name: "d",
    group: "apps",
    kind: "Deployment",
    causes: [
      { reason: "FieldValueRequired", message: "Required value", field: "spec.selector" },
      { reason: "FieldValueInvalid", message: "Invalid value: -1: must be greater than or equal to 0", field: "spec.replicas" },
    ],
  });
});

test("seconds to wait are a header too", (t) => {
  t.deepEqual(errors.tooManyRequests("wait", 10).headers, { "retry-after": "10" });
  t.deepEqual(errors.badRequest("x").headers, {});
});

test("a success has details only where there are some", (t) => {
  t.deepEqual(errors.success({ name: "a", kind: "pods", uid: "u" }).details as unknown, { name: "a", kind: "pods", uid: "u" });
  t.false("details" in errors.success({ code: 201 }));
});
