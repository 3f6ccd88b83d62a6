import { decodeJson } from "../../api/codec/json.ts";
import { plainText } from "../../api/codec/raw.ts";
import { isMap, memberOf } from "../../api/patch/json-value.ts";
import { fieldErrorsText } from "../../api/status/field-error.ts";
import { fieldPath } from "../../api/status/field-path.ts";
import type { Errors } from "../../api/validation/common.ts";
import { validateAnnotations, validateLabels } from "../../api/validation/labels.ts";
import type { ApiObject } from "../../api/wire.ts";
import type { Random } from "../../lib/random.ts";

/** Converts objects of one kind to a version, in their order. @throws ConversionError */
export type ConversionCall = (objects: readonly ApiObject[], apiVersion: string) => Promise<ApiObject[]>;

/** Sends a body to the webhook; its answer. @throws Error where it cannot be reached or answers other than 200 */
export type ReviewPost = (body: string) => Promise<string>;

/** The webhook did not do what it is there for. */
export class ConversionError extends Error {
  override readonly name = "ConversionError";
}

const GROUP = "apiextensions.k8s.io";
const SPOKEN = ["v1", "v1beta1"];

/** A conversion by ConversionReview (apiextensions.k8s.io/v1, or v1beta1 where the webhook knows nothing newer). */
export function reviewConversion(options: { reviewVersions: readonly string[]; post: ReviewPost; random: Random }): ConversionCall {
  const version = options.reviewVersions.find((one) => SPOKEN.includes(one)) ?? "v1";
  return async (objects, apiVersion) => {
    const asked = objects.filter((object) => object.apiVersion !== apiVersion);
    if (asked.length === 0) return [...objects];
    const uid = options.random.uuid();
    const what = kindText(asked[0]!);
    const request = { kind: "ConversionReview", apiVersion: `${GROUP}/${version}`, request: { uid, desiredAPIVersion: apiVersion, objects: asked } };
    let answers: unknown[];
    try {
      answers = convertedObjects(await options.post(plainText(request)), version, uid);
    } catch (error) {
      throw new ConversionError(`conversion webhook for ${what} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (answers.length !== asked.length) throw new ConversionError(`conversion webhook for ${what} returned ${answers.length} objects, expected ${asked.length}`);
    let next = 0;
    return objects.map((object) => {
      if (object.apiVersion === apiVersion) return object;
      const index = next++;
      try {
        return checkedObject(object, answers[index], apiVersion);
      } catch (error) {
        throw new ConversionError(`conversion webhook for ${what} returned invalid converted object at index ${index}: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  };
}

/** `stable.example.com/v1, Kind=CronTab`. */
function kindText(object: ApiObject): string {
  return `${object.apiVersion}, Kind=${object.kind}`;
}

function convertedObjects(text: string, version: string, uid: string): unknown[] {
  const review = decodeJson<Record<string, unknown>>(undefined, text, "Ignore").object;
  if (version === "v1" && (review["apiVersion"] !== `${GROUP}/v1` || review["kind"] !== "ConversionReview")) {
    throw new Error(`expected webhook response of ${GROUP}/v1, Kind=ConversionReview, got ${String(review["apiVersion"] ?? "")}, Kind=${String(review["kind"] ?? "")}`);
  }
  const response = memberOf(review, "response");
  if (!isMap(response)) throw new Error("no response provided");
  if (version === "v1" && response["uid"] !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response["uid"] ?? "")}`);
  const result = memberOf(response, "result");
  const status = isMap(result) ? String(result["status"] ?? "") : "";
  if (status !== "Success") {
    const message = isMap(result) && typeof result["message"] === "string" ? result["message"] : "";
    throw new Error(message === "" ? `response.result.status was '${status}', not 'Success'` : message);
  }
  const objects = memberOf(response, "convertedObjects");
  return Array.isArray(objects) ? objects : [];
}

/** The webhook may change labels, annotations and what lies beside metadata; all else of metadata stays as it was. @throws Error */
function checkedObject(original: ApiObject, answer: unknown, apiVersion: string): ApiObject {
  if (!isMap(answer)) throw new Error("it is no object");
  const converted = answer as ApiObject;
  if (converted.apiVersion !== apiVersion) throw new Error(`invalid groupVersion (expected ${apiVersion}, received ${String(converted.apiVersion)})`);
  if (converted.kind !== original.kind) throw new Error(`invalid kind (expected ${original.kind}, received ${String(converted.kind)})`);
  const given: unknown = converted.metadata;
  if (given === undefined) throw new Error("missing metadata in converted object");
  if (!isMap(given)) throw new Error(`invalid metadata of type ${typeof given} in converted object`);
  for (const [field, name] of [["name", "name"], ["namespace", "namespace"], ["uid", "UID"]] as const) {
    if ((original.metadata[field] ?? "") !== (given[field] ?? "")) throw new Error(`must have the same ${name}: ${original.metadata[field] ?? ""} != ${String(given[field] ?? "")}`);
  }
  const metadata = structuredClone(original.metadata);
  for (const field of ["labels", "annotations"] as const) {
    const texts = textsOf(given, field);
    if (texts === undefined) delete metadata[field];
    else metadata[field] = texts;
  }
  return { ...converted, metadata };
}

function textsOf(metadata: Record<string, unknown>, field: "labels" | "annotations"): Record<string, string> | undefined {
  const given = memberOf(metadata, field);
  if (given === undefined || given === null) return undefined;
  if (!isMap(given)) throw new Error(`invalid metadata.${field} of type ${typeof given} in converted object`);
  for (const [key, value] of Object.entries(given)) if (typeof value !== "string") throw new Error(`metadata.${field}[${key}] must be a string, but is ${typeof value} in converted object`);
  const texts = given as Record<string, string>;
  const errors: Errors = [];
  if (field === "labels") validateLabels(texts, fieldPath("metadata", "labels"), errors);
  else validateAnnotations(texts, fieldPath("metadata", "annotations"), errors);
  if (errors.length > 0) throw new Error(fieldErrorsText(errors));
  return texts;
}
