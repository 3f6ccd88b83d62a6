import { badRequest, invalid } from "../../api/status/errors.ts";
import { type FieldError, invalid as invalidValue, notSupportedInOrder, RawValue } from "../../api/status/field-error.ts";
import type { Query } from "../chain/query.ts";

/** How an object shall be deleted: the body of a DELETE, or its query. */
export interface DeleteOptions {
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  orphanDependents?: boolean;
  propagationPolicy?: string;
  dryRun?: string[];
  /** Why a pod must go: its condition is written together with its deletion. Never read from a body. */
  disruption?: Disruption;
}

/** Reason and message of a pod's DisruptionTarget condition. */
export interface Disruption {
  readonly reason: string;
  readonly message: string;
}

const POLICIES = ["Foreground", "Background", "Orphan"];

/** Options from the query alone (a body, where there is one, is used instead). @throws StatusError 400 */
export function deleteOptionsOfQuery(query: Query): DeleteOptions {
  const options: DeleteOptions = {};
  const grace = query.get("gracePeriodSeconds");
  if (grace !== undefined && grace !== "") options.gracePeriodSeconds = parseInteger(grace);
  if (query.has("orphanDependents")) options.orphanDependents = query.flag("orphanDependents");
  const policy = query.get("propagationPolicy");
  if (policy !== undefined) options.propagationPolicy = policy;
  if (query.has("dryRun")) options.dryRun = [...query.all("dryRun")];
  const uid = query.get("uid") ?? "";
  const resourceVersion = query.get("resourceVersion") ?? "";
  if (uid !== "" || resourceVersion !== "") options.preconditions = { ...(uid === "" ? {} : { uid }), ...(resourceVersion === "" ? {} : { resourceVersion }) };
  return options;
}

/** An int64 of the query. @throws StatusError 400 with Go's wording */
export function parseInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

/** @throws StatusError 422 */
export function validateDeleteOptions(options: DeleteOptions): void {
  const errors: FieldError[] = [];
  const { propagationPolicy: policy } = options;
  if (policy !== undefined && options.orphanDependents !== undefined) errors.push(invalidValue("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set"));
  if (policy !== undefined && !POLICIES.includes(policy)) errors.push(notSupportedInOrder("propagationPolicy", policy, [...POLICIES, "nil"]));
  errors.push(...dryRunErrors(options.dryRun));
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
}

/** Only `All` is a way to run dry. */
export function dryRunErrors(dryRun: readonly string[] | undefined): FieldError[] {
  if (dryRun === undefined || dryRun.every((value) => value === "All")) return [];
  return [notSupportedInOrder("dryRun", new RawValue(JSON.stringify(dryRun)), ["All"])];
}
