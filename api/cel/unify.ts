import { type CelType, DYN, ERROR, listOf, mapOf } from "./types.ts";

/** What the checker has found out about type parameters. */
export class Substitution {
  #known = new Map<string, CelType>();
  #fresh = 0;

  /** A parameter that nothing is known of yet. */
  fresh(): CelType {
    return { kind: "param", name: `%${++this.#fresh}` };
  }

  /** The signature's types with parameters of their own. */
  instantiate(types: readonly CelType[]): CelType[] {
    const names = new Map<string, CelType>();
    const rename = (type: CelType): CelType => {
      if (type.kind !== "param") return mapParts(type, rename);
      let own = names.get(type.name);
      if (own === undefined) names.set(type.name, (own = this.fresh()));
      return own;
    };
    return types.map(rename);
  }

  /** The type with all that is known put in. */
  resolve(type: CelType): CelType {
    const found = this.#find(type);
    return found.kind === "param" ? found : mapParts(found, (part) => this.resolve(part));
  }

  /** The same, with what is never found out as dyn. */
  final(type: CelType): CelType {
    const found = this.#find(type);
    return found.kind === "param" ? DYN : mapParts(found, (part) => this.final(part));
  }

  /** All of these arguments can stand where these types are asked for; if not, nothing is learned from the attempt. */
  assignAll(types: readonly CelType[], args: readonly CelType[]): boolean {
    if (types.length !== args.length) return false;
    const before = this.#known;
    this.#known = new Map(before);
    const fits = types.every((type, i) => this.#assign(type, args[i] ?? ERROR));
    if (!fits) this.#known = before;
    return fits;
  }

  #find(type: CelType): CelType {
    let found = type;
    for (let next = type; next.kind === "param"; ) {
      const known = this.#known.get(next.name);
      found = next;
      if (known === undefined) return next;
      next = known;
      found = known;
    }
    return found;
  }

  #assign(expected: CelType, given: CelType): boolean {
    const [a, b] = [this.#find(expected), this.#find(given)];
    if (a === b) return true;
    if (b.kind === "param") return this.#learn(b.name, a);
    if (a.kind === "param") return this.#learn(a.name, b);
    if (a.kind === "dyn" || b.kind === "dyn" || a.kind === "error" || b.kind === "error") return true;
    if (b.kind === "null" && (a.kind === "null" || a.kind === "object" || a.kind === "opaque" || a.kind === "timestamp" || a.kind === "duration")) return true;
    if (a.kind !== b.kind) return false;
    if (a.kind === "list" && b.kind === "list") return this.#assign(a.element, b.element);
    if (a.kind === "map" && b.kind === "map") return this.#assign(a.key, b.key) && this.#assign(a.value, b.value);
    if (a.kind === "object" && b.kind === "object") return a.name === b.name;
    if (a.kind === "opaque" && b.kind === "opaque") return a.name === b.name && a.parameters.every((parameter, i) => this.#assign(parameter, b.parameters[i] ?? ERROR));
    return true;
  }

  #learn(name: string, type: CelType): boolean {
    if (type.kind === "param" && type.name === name) return true;
    if (this.#occurs(name, type)) return false;
    this.#known.set(name, type);
    return true;
  }

  #occurs(name: string, type: CelType): boolean {
    const found = this.#find(type);
    switch (found.kind) {
      case "param":
        return found.name === name;
      case "list":
        return this.#occurs(name, found.element);
      case "map":
        return this.#occurs(name, found.key) || this.#occurs(name, found.value);
      case "opaque":
        return found.parameters.some((parameter) => this.#occurs(name, parameter));
      case "type":
        return this.#occurs(name, found.of);
      default:
        return false;
    }
  }
}

function mapParts(type: CelType, change: (part: CelType) => CelType): CelType {
  switch (type.kind) {
    case "list":
      return listOf(change(type.element));
    case "map":
      return mapOf(change(type.key), change(type.value));
    case "opaque":
      return type.parameters.length === 0 ? type : { ...type, parameters: type.parameters.map(change) };
    case "type":
      return { kind: "type", of: change(type.of) };
    default:
      return type;
  }
}

/** The same type, once all is known of both. */
export function sameType(a: CelType, b: CelType): boolean {
  if (a === b) return true;
  if (a.kind === "list" && b.kind === "list") return sameType(a.element, b.element);
  if (a.kind === "map" && b.kind === "map") return sameType(a.key, b.key) && sameType(a.value, b.value);
  if (a.kind === "object" && b.kind === "object") return a.name === b.name;
  if (a.kind === "opaque" && b.kind === "opaque") return a.name === b.name && a.parameters.every((parameter, i) => sameType(parameter, b.parameters[i] ?? ERROR));
  if (a.kind === "type" && b.kind === "type") return sameType(a.of, b.of);
  if (a.kind === "param" && b.kind === "param") return a.name === b.name;
  return a.kind === b.kind && !("name" in a);
}
