import type { FieldPath } from "../../status/field-path.ts";
import type { Errors } from "../common.ts";
import type { SchemaProps } from "./internal-spec.ts";
export function validateSelectableFields(_fields: readonly { readonly jsonPath?: string }[], _schema: SchemaProps, _path: FieldPath, _errors: Errors): void {}
