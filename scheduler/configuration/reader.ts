import { type FieldError, invalid, notSupported, required, typeInvalid } from "../../api/status/field-error.ts";
import { FieldPath } from "../../api/status/field-path.ts";

type Plain = Readonly<Record<string, unknown>>;

/** Reads an object field by field; what is wrong is noted under its path, and so is every field that nobody asked for. */
export class ObjectReader {
  readonly #value: Plain;
  readonly #path: FieldPath | undefined;
  readonly #errors: FieldError[];
  readonly #read = new Set<string>();

  constructor(value: unknown, path: FieldPath | undefined, errors: FieldError[]) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isObject && value !== undefined) errors.push(typeInvalid(path ?? "the file", value, "must be an object"));
    this.#value = isObject ? (value as Plain) : {};
    this.#path = path;
    this.#errors = errors;
  }

  path(name: string): FieldPath {
    return this.#path === undefined ? new FieldPath(name) : this.#path.child(name);
  }

  has(name: string): boolean {
    return this.#take(name) !== undefined;
  }

  /** Absent or wrong: `otherwise`. */
  integer(name: string, bounds: { readonly min: number; readonly max: number }, otherwise: number): number {
    const value = this.#take(name);
    if (value === undefined) return otherwise;
    if (typeof value === "number" && Number.isInteger(value) && value >= bounds.min && value <= bounds.max) return value;
    this.#errors.push(invalid(this.path(name), value, `must be an integer from ${bounds.min} to ${bounds.max}`));
    return otherwise;
  }

  /** undefined: absent or wrong. */
  text(name: string, supported?: readonly string[]): string | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value === "") this.#errors.push(typeInvalid(this.path(name), value, "must be a string that is not empty"));
    else if (supported !== undefined && !supported.includes(value)) this.#errors.push(notSupported(this.path(name), value, supported));
    else return value;
    return undefined;
  }

  requiredText(name: string, supported?: readonly string[]): string {
    if (!this.has(name)) this.#errors.push(required(this.path(name)));
    return this.text(name, supported) ?? "";
  }

  object(name: string): ObjectReader {
    return new ObjectReader(this.#take(name), this.path(name), this.#errors);
  }

  /** Each item with its path; undefined: absent. */
  list(name: string): readonly { readonly value: unknown; readonly path: FieldPath }[] | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value)) return value.map((item: unknown, index) => ({ value: item, path: this.path(name).index(index) }));
    this.#errors.push(typeInvalid(this.path(name), value, "must be a list"));
    return [];
  }

  objects(name: string): readonly { readonly reader: ObjectReader; readonly path: FieldPath }[] | undefined {
    return this.list(name)?.map(({ value, path }) => ({ reader: new ObjectReader(value ?? null, path, this.#errors), path }));
  }

  fail(error: FieldError): void {
    this.#errors.push(error);
  }

  /** Nothing else may be there. */
  end(): void {
    for (const name of Object.keys(this.#value)) if (!this.#read.has(name)) this.#errors.push(invalid(this.path(name), this.#value[name], `there is no such field here${this.#read.size === 0 ? "" : `; there are ${[...this.#read].join(", ")}`}`));
  }

  #take(name: string): unknown {
    this.#read.add(name);
    return this.#value[name] ?? undefined;
  }
}
