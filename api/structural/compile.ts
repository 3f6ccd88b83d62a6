import { type FieldError, invalid } from "../status/field-error.ts";
import type { ApiObject } from "../wire.ts";
import { Correlation } from "./correlation.ts";
import type { CustomResourceSchema, UpdateVerdict } from "./custom-resource-schema.ts";
import { applySchemaDefaults } from "./default-values.ts";
import { coerceEmbedded, pruneEmbedded, validateEmbedded } from "./embedded-resource.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";
import { validateListTypes } from "./list-type.ts";
import { pruneValue } from "./prune.ts";
import { RuleValidator } from "./rule-validator.ts";
import { NO_PATH, toFieldErrors } from "./schema-error.ts";
import { compileStructural, type Structural } from "./structural.ts";
import { validateValue } from "./validate-value.ts";
import { compileValueSchema, type ValueSchema } from "./value-schema.ts";

/** Prepares the schema of a version for its objects. It must be one that validateCustomResourceSchema accepts; rules and patterns are compiled here or when they are first needed. */
export function compileCustomResourceSchema(props: JsonSchemaProps): CustomResourceSchema {
  return new CompiledSchema(props);
}

/** Errors that make the object's parts something else than their types say: rules are not run on such objects. */
const blocking: ReadonlySet<string> = new Set(["FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"]);
const NOT_CHECKED = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

class CompiledSchema implements CustomResourceSchema {
  readonly props: JsonSchemaProps;
  readonly #structural: Structural;
  readonly #rules: RuleValidator;
  #values: ValueSchema | undefined;

  constructor(props: JsonSchemaProps) {
    this.props = props;
    this.#structural = compileStructural(props);
    this.#rules = new RuleValidator(this.#structural, true);
  }

  prune(object: ApiObject): string[] {
    const unknown = pruneValue(object, this.#structural, true);
    return this.#structural.hasResources ? [...unknown, ...pruneEmbedded(object, this.#structural)] : unknown;
  }

  applyDefaults(object: ApiObject): void {
    applySchemaDefaults(object, this.#structural);
  }

  coerceEmbedded(object: ApiObject, drop: boolean): string | undefined {
    return this.#structural.hasResources ? coerceEmbedded(object, this.#structural, drop) : undefined;
  }

  validate(object: ApiObject, before: readonly FieldError[] = []): FieldError[] {
    const errors = this.#schemaErrors(object, undefined);
    errors.push(...validateEmbedded(object, this.#structural), ...validateListTypes(object, this.#structural));
    return [...errors, ...this.#ruleErrors(object, undefined, [...before, ...errors]).errors];
  }

  validateUpdate(object: ApiObject, old: ApiObject, before: readonly FieldError[] = []): UpdateVerdict {
    const errors = this.#schemaErrors(object, new Correlation(this.#structural, object, old));
    errors.push(...validateEmbedded(object, this.#structural));
    if (validateListTypes(old, this.#structural).length === 0) errors.push(...validateListTypes(object, this.#structural));
    const rules = this.#ruleErrors(object, old, [...before, ...errors]);
    return { errors: [...errors, ...rules.errors], warnings: rules.warnings };
  }

  #schemaErrors(object: ApiObject, before: Correlation | undefined): FieldError[] {
    this.#values ??= compileValueSchema(this.props);
    return toFieldErrors(undefined, validateValue(this.#values, { value: object, name: "", before }).errors);
  }

  #ruleErrors(object: ApiObject, old: ApiObject | undefined, before: readonly FieldError[]): UpdateVerdict {
    if (!this.#structural.hasRules) return { errors: [], warnings: [] };
    if (before.some(({ type }) => blocking.has(type))) return { errors: [invalid(NO_PATH, null, NOT_CHECKED)], warnings: [] };
    return this.#rules.validate(object, old);
  }
}
