import { badRequest, invalid } from "../../api/status/errors.ts";
import { type FieldError, forbidden, invalid as invalidValue, notSupportedInOrder } from "../../api/status/field-error.ts";
import type { Query } from "../chain/query.ts";
import { parseInteger } from "./delete-options.ts";

/** metav1.ListOptions of a query. */
export interface ListOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  /** 0: no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly timeout_s: number | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
}

/** @throws StatusError 400 for numbers that are none */
export function parseListOptions(query: Query): ListOptions {
  const timeout = query.get("timeoutSeconds");
  const limit = query.get("limit");
  const resourceVersion = query.get("resourceVersion") ?? "";
  const limited = limit === undefined ? 0 : Math.max(0, parseInteger(limit));
  return {
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
    resourceVersion,
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
    // Any state will do: Kubernetes' cache gives what it has at once, whole.
    limit: resourceVersion === "0" ? 0 : limited,
    continue: query.get("continue") ?? "",
    timeout_s: timeout === undefined ? undefined : parseInteger(timeout),
    allowWatchBookmarks: query.flag("allowWatchBookmarks"),
    sendInitialEvents: query.has("sendInitialEvents") ? query.flag("sendInitialEvents") : undefined,
  };
}

const MATCHES = ["Exact", "NotOlderThan"];

/** The rules between resourceVersion, its match, limit and continue, and sendInitialEvents (KEP-3157). @throws StatusError 422, 400 */
export function validateListOptions(options: ListOptions, watch: boolean): void {
  const errors = watch ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
  if (!watch && options.continue !== "" && options.resourceVersion !== "" && options.resourceVersion !== "0" && options.resourceVersionMatch === "") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
}

function listErrors(options: ListOptions): FieldError[] {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch;
  if (match !== "") {
    if (options.resourceVersion === "") errors.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    if (options.continue !== "") errors.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
    if (!MATCHES.includes(match)) errors.push(notSupportedInOrder("resourceVersionMatch", match, [...MATCHES, ""]));
    if (match === "Exact" && options.resourceVersion === "0") errors.push(forbidden("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (options.sendInitialEvents !== undefined) errors.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  return errors;
}

function watchErrors(options: ListOptions): FieldError[] {
  const match = options.resourceVersionMatch;
  const errors: FieldError[] = [];
  if (options.sendInitialEvents === undefined) {
    if (match !== "") errors.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
    if (match !== "" && match !== "NotOlderThan") errors.push(notSupportedInOrder("resourceVersionMatch", match, ["NotOlderThan"]));
    return errors;
  }
  if (match !== "NotOlderThan") {
    errors.push(forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
    if (match !== "") errors.push(notSupportedInOrder("resourceVersionMatch", match, ["NotOlderThan"]));
  }
  if (options.continue !== "") errors.push(invalidValue("continue", options.continue, "sendInitialEvents and continue cannot be both set"));
  return errors;
}
