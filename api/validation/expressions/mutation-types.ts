import { Library } from "../../cel/function.ts";
import { type CelType, DYN, listOf, type ObjectType, STRING } from "../../cel/types.ts";

/** Fields of an object whose schema nobody asks for. */
class AnyFields extends Map<string, CelType> {
  override get(): CelType {
    return DYN;
  }
}

const OBJECT_NAME = "Object";
/** What an apply configuration is. */
export const OBJECT: ObjectType = { kind: "object", name: OBJECT_NAME, fields: new AnyFields() };
const JSON_PATCH: ObjectType = { kind: "object", name: "JSONPatch", fields: new Map<string, CelType>(Object.entries({ op: STRING, path: STRING, from: STRING, value: DYN })) };
export const JSON_PATCHES: CelType = listOf(JSON_PATCH);

/** The types that mutations build: `JSONPatch`, `Object` and the types of its fields, `Object.spec.containers`. */
class MutationTypes extends Map<string, ObjectType> {
  override get(name: string): ObjectType | undefined {
    if (name === OBJECT_NAME) return OBJECT;
    return name.startsWith(`${OBJECT_NAME}.`) ? { ...OBJECT, name } : super.get(name);
  }
}

export const mutationTypes: ReadonlyMap<string, ObjectType> = new MutationTypes([[JSON_PATCH.name, JSON_PATCH]]);

/** `jsonpatch.escapeKey("a/b")` is `a~1b`. */
export function jsonPatchFunctions(): Library {
  return new Library().define("string_jsonpatch_escapeKey_string", "jsonpatch.escapeKey(string) -> string", ([key]) => (key as string).replaceAll("~", "~0").replaceAll("/", "~1"));
}
