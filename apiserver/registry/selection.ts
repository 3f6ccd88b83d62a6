import { FieldSelectorError, parseFieldSelector, type FieldMatcher } from "../../api/selector/fields.ts";
import { parseLabelSelector, SelectorError, type LabelMatcher } from "../../api/selector/labels.ts";
import { badRequest } from "../../api/status/errors.ts";
import type { CachedObject } from "./cached-object.ts";
import type { ServedKind } from "./served-kind.ts";
import { fromStored } from "./storage-write.ts";

/** Which objects a list or watch is about. */
export interface Selection {
  /** "" for all. */
  readonly namespace: string;
  /** Where exactly one name is asked for. */
  readonly name: string | undefined;
  /** Where exactly one node's pods are asked for. */
  readonly node: string | undefined;
  /** No selector: everything in the namespace. */
  readonly everything: boolean;
  /** Namespace and name decide alone. */
  readonly byKey: boolean;
  matches(object: CachedObject): boolean;
  /** False for JSON of which no object can match: told without decoding it, for kinds whose fields are texts as they stand in the object. */
  mayMatch(json: Buffer): boolean;
}

/** Reads the selectors. `name` is that of a watch path. @throws StatusError 400 */
export function makeSelection(kind: ServedKind, namespace: string, name: string, labelSelector: string, fieldSelector: string): Selection {
  const labels = labelSelector === "" ? undefined : parseLabels(labelSelector);
  const fields = fieldSelector === "" ? undefined : parseFields(kind, fieldSelector);
  const texts = textsIn(fields);
  const exactName = name !== "" ? name : fields?.exact("metadata.name");
  return {
    namespace,
    name: exactName,
    node: kind.selectable.includes("spec.nodeName") ? fields?.exact("spec.nodeName") : undefined,
    everything: labels === undefined && fields === undefined && exactName === undefined,
    byKey: labels === undefined && (fields?.requirements ?? []).every(({ field }) => field === "metadata.name" || field === "metadata.namespace"),
    matches(object) {
      if (labels !== undefined && !labels.matches(object.labels)) return false;
      if (exactName !== undefined && object.name !== exactName) return false;
      return fields === undefined || fields.matches(fieldReader(kind, object));
    },
    mayMatch: (json) => texts.every((text) => json.includes(text)),
  };
}

/** Texts that JSON writes as they are. */
const PLAIN_TEXT = /^[\w.:/-]+$/;

/** What must stand somewhere in an object that has these fields. */
function textsIn(fields: FieldMatcher | undefined): string[] {
  const equal = (fields?.requirements ?? []).filter(({ operator, value }) => operator === "=" && PLAIN_TEXT.test(value));
  return equal.map(({ value }) => `"${value}"`);
}

function parseLabels(text: string): LabelMatcher | undefined {
  try {
    const matcher = parseLabelSelector(text);
    return matcher.everything ? undefined : matcher;
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}

function parseFields(kind: ServedKind, text: string): FieldMatcher | undefined {
  let matcher: FieldMatcher;
  try {
    matcher = parseFieldSelector(text);
  } catch (error) {
    if (error instanceof FieldSelectorError) throw badRequest(error.message);
    throw error;
  }
  if (matcher.everything) return undefined;
  for (const { field } of matcher.requirements) {
    const isKnown = field === "metadata.name" || (field === "metadata.namespace" && !isUnnamespaced(kind)) || kind.selectable.includes(field);
    if (!isKnown) throw badRequest(unknownFieldText(kind, field));
  }
  return matcher;
}

/** Without a namespace, and with a list of fields of its own, where no namespace stands. */
function isUnnamespaced({ entry, selectable, custom }: ServedKind): boolean {
  return !entry.namespaced && selectable.length > 0 && custom === undefined;
}

/** Kinds with fields of their own have wordings of their own. */
function unknownFieldText({ entry, selectable }: ServedKind, field: string): string {
  if (entry.kind === "Job" && entry.group === "batch") return `field label ${JSON.stringify(field)} not supported for Job`;
  if (entry.kind === "ResourceSlice" && entry.group === "resource.k8s.io") return `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${field}`;
  if (selectable.length > 0) return `field label not supported: ${field}`;
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function fieldReader(kind: ServedKind, object: CachedObject): (field: string) => string {
  if (kind.isShownAsCached) return (field) => object.field(field);
  return (field) => {
    if (field === "metadata.name" || field === "metadata.namespace") return object.field(field);
    return kind.fieldValues(fromStored(kind, object.copy()))[kind.selectable.indexOf(field)] ?? "";
  };
}
