/** A query string, parsed once without regard to what the names mean. */
export class Query {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  private constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  /** `a=1&b=x%20y&a=2`; pairs with malformed escapes are dropped, as by Go's parser. */
  static parse(text: string): Query {
    if (text === "") return Query.empty;
    const values = new Map<string, string[]>();
    for (const part of text.split("&")) {
      // Go's parser drops a pair with a semicolon, too.
      if (part === "" || part.includes(";") || (part.includes("%") && MALFORMED.test(part))) continue;
      const equals = part.indexOf("=");
      const name = decode(equals < 0 ? part : part.slice(0, equals));
      const value = equals < 0 ? "" : decode(part.slice(equals + 1));
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
    return new Query(values);
  }

  static readonly empty = new Query(new Map());

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The first value, or undefined. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  names(): Iterable<string> {
    return this.#values.keys();
  }

  /** As apimachinery reads a bool: all but absent, `false` and `0` is true. */
  flag(name: string): boolean {
    const value = this.get(name);
    return value !== undefined && value.toLowerCase() !== "false" && value !== "0";
  }
}

/** A percent sign without two hexadecimal digits. */
const MALFORMED = /%(?![0-9A-Fa-f]{2})/;

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
