import type { CallNode, ComprehensionNode, ListNode, MapNode, Node, SelectNode, StructNode } from "./ast.ts";
import type { Issue } from "./cel-error.ts";
import type { DataType } from "./data-type.ts";
import type { Functions, Overload } from "./function.ts";
import { qualifiedName } from "./parser.ts";
import { BOOL, BYTES, type CelType, DOUBLE, DURATION, DYN, ERROR, INT, listOf, mapOf, NULL, type ObjectType, optionalOf, parseType, STRING, TIMESTAMP, typeText, UINT } from "./types.ts";
import { sameType, Substitution } from "./unify.ts";
import { CelTypeValue, CelUint, type CelValue, typeName } from "./values.ts";

/** What expressions may use. */
export interface Declarations {
  readonly variables: ReadonlyMap<string, DataType>;
  readonly functions: Functions;
  /** Types that expressions may build: `Object{…}`. */
  readonly objects: ReadonlyMap<string, ObjectType>;
}

/** What the checker found, by the nodes' ids. */
export interface Checked {
  readonly root: Node;
  readonly type: CelType;
  readonly types: ReadonlyMap<number, CelType>;
  readonly overloads: ReadonlyMap<number, readonly Overload[]>;
  /** Names that are types: `int`. */
  readonly constants: ReadonlyMap<number, CelValue>;
  /** Selections that are variables with dots in their names: `authorizer.requestResource`. */
  readonly qualified: ReadonlyMap<number, string>;
  /** Variables of the environment that the expression uses. */
  readonly used: ReadonlySet<string>;
  readonly issues: readonly Issue[];
}

const typeNames: Readonly<Record<string, CelType>> = { bool: BOOL, int: INT, uint: UINT, double: DOUBLE, string: STRING, bytes: BYTES, null_type: NULL, list: listOf(DYN), map: mapOf(DYN, DYN), type: { kind: "type", of: DYN }, dyn: DYN, optional_type: optionalOf(DYN), "google.protobuf.Timestamp": TIMESTAMP, "google.protobuf.Duration": DURATION };
const opaqueNames = ["kubernetes.Quantity", "kubernetes.URL", "kubernetes.Semver", "kubernetes.NamedFormat", "net.IP", "net.CIDR"];

/** Gives every node its type, as cel-go's checker does; the tree is at most MAX_DEPTH deep. */
export function checkExpression(root: Node, declarations: Declarations): Checked {
  const checker = new Checker(declarations);
  const type = checker.check(root, undefined);
  return checker.result(root, type);
}

/** Variables of folds, the innermost first. */
interface Scope {
  readonly name: string;
  readonly type: CelType;
  readonly outer: Scope | undefined;
}

class Checker {
  readonly #declarations: Declarations;
  readonly #types = new Map<number, CelType>();
  readonly #overloads = new Map<number, readonly Overload[]>();
  readonly #constants = new Map<number, CelValue>();
  readonly #qualified = new Map<number, string>();
  readonly #used = new Set<string>();
  readonly #issues: Issue[] = [];
  readonly #substitution = new Substitution();

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
  }

  result(root: Node, type: CelType): Checked {
    const types = new Map([...this.#types].map(([id, own]) => [id, this.#substitution.final(own)]));
    return { root, type: this.#substitution.final(type), types, overloads: this.#overloads, constants: this.#constants, qualified: this.#qualified, used: this.#used, issues: this.#issues };
  }

  check(node: Node, scope: Scope | undefined): CelType {
    const known = this.#types.get(node.id);
    // Macros may have put a node into the tree twice.
    if (known !== undefined) return known;
    const type = this.#typeOf(node, scope);
    this.#types.set(node.id, type);
    return type;
  }

  #typeOf(node: Node, scope: Scope | undefined): CelType {
    switch (node.kind) {
      case "literal":
        return literalType(node.value);
      case "ident":
        return this.#ident(node.id, node.name, node.offset, scope) ?? this.#issue(node.offset, `undeclared reference to '${node.name}' (in container '')`);
      case "select":
        return this.#select(node, scope);
      case "call":
        return this.#call(node, scope);
      case "list":
        return this.#list(node, scope);
      case "map":
        return this.#map(node, scope);
      case "struct":
        return this.#struct(node, scope);
      default:
        return this.#fold(node, scope);
    }
  }

  #issue(offset: number, message: string): CelType {
    this.#issues.push({ offset, message });
    return ERROR;
  }

  #ident(id: number, name: string, _offset: number, scope: Scope | undefined): CelType | undefined {
    for (let inner = scope; inner !== undefined; inner = inner.outer) if (inner.name === name) return inner.type;
    const plain = name.startsWith(".") ? name.slice(1) : name;
    const variable = this.#declarations.variables.get(plain);
    if (variable !== undefined) {
      this.#used.add(plain);
      return variable.type;
    }
    const type = Object.hasOwn(typeNames, plain) ? typeNames[plain] : opaqueNames.includes(plain) ? parseType(plain) : this.#declarations.objects.get(plain);
    if (type === undefined) return undefined;
    this.#constants.set(id, new CelTypeValue(plain));
    return { kind: "type", of: type };
  }

  #isVariable(name: string, scope: Scope | undefined): boolean {
    return isLocal(name, scope) || this.#declarations.variables.has(name);
  }

  #select(node: SelectNode, scope: Scope | undefined): CelType {
    const qualified = qualifiedName(node);
    if (qualified !== undefined && !isLocal(qualified.split(".")[0] ?? "", scope)) {
      const type = this.#ident(node.id, qualified, node.offset, scope);
      if (type !== undefined) {
        if (!this.#constants.has(node.id)) this.#qualified.set(node.id, qualified);
        return type;
      }
    }
    const type = this.#field(this.check(node.operand, scope), node.field, node.offset, node.testOnly);
    return node.testOnly ? BOOL : type;
  }

  #field(operand: CelType, field: string, offset: number, testOnly: boolean): CelType {
    const type = this.#substitution.resolve(operand);
    switch (type.kind) {
      case "error":
        return ERROR;
      case "dyn":
      case "param":
        return DYN;
      case "map":
        return type.value;
      case "object":
        return type.fields.get(field) ?? this.#issue(offset, `undefined field '${field}'`);
      case "opaque": {
        const [value] = type.parameters;
        if (type.name !== "optional_type" || value === undefined) break;
        const inner = this.#field(value, field, offset, testOnly);
        return isOptional(inner) ? inner : optionalOf(inner);
      }
    }
    return this.#issue(offset, `type '${typeText(type)}' does not support field selection`);
  }

  #call(node: CallNode, scope: Scope | undefined): CelType {
    if (node.name === "_?._") return this.#optionalSelect(node, scope);
    const { functions } = this.#declarations;
    const path = node.target === undefined ? undefined : qualifiedName(node.target);
    const isQualified = path !== undefined && functions.has(`${path}.${node.name}`) && !this.#isVariable(path.split(".")[0] ?? "", scope);
    const name = isQualified ? `${path}.${node.name}` : node.name;
    const member = node.target !== undefined && !isQualified;
    const args = [...(member && node.target !== undefined ? [node.target] : []), ...node.args];
    const types = args.map((arg) => this.check(arg, scope));
    const overloads = functions.get(name)?.filter((overload) => overload.member === member);
    if (name === "_&&_" || name === "_||_") return this.#logical(node, args, types, overloads ?? []);
    if (overloads === undefined) return this.#issue(node.offset, `undeclared reference to '${name}' (in container '')`);
    return this.#resolve(node, name, overloads, types, member);
  }

  #logical(node: CallNode, args: readonly Node[], types: readonly CelType[], overloads: readonly Overload[]): CelType {
    args.forEach((arg, i) => {
      this.#expect(arg, BOOL, types[i] ?? ERROR);
    });
    this.#overloads.set(node.id, overloads);
    return BOOL;
  }

  #resolve(node: CallNode, name: string, overloads: readonly Overload[], args: readonly CelType[], member: boolean): CelType {
    const fitting: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of overloads) {
      const [own = ERROR, ...params] = this.#substitution.instantiate([overload.result, ...overload.params]);
      if (!this.#substitution.assignAll(params, args)) continue;
      fitting.push(overload);
      const type = this.#substitution.resolve(own);
      result = result === undefined || sameType(result, type) ? type : DYN;
    }
    this.#overloads.set(node.id, fitting);
    if (result !== undefined) return result;
    const [target, ...rest] = args.map((type) => typeText(this.#substitution.final(type)));
    const shown = member ? `${target}.(${rest.join(", ")})` : `(${[...(target === undefined ? [] : [target]), ...rest].join(", ")})`;
    return this.#issue(node.offset, `found no matching overload for '${name}' applied to '${shown}'`);
  }

  /** `a.?b` is an optional of what `a.b` is, or that itself where it is an optional already. */
  #optionalSelect(node: CallNode, scope: Scope | undefined): CelType {
    const [operand, field] = node.args;
    if (operand === undefined || field?.kind !== "literal" || typeof field.value !== "string") return this.#issue(node.offset, "unsupported optional field selection");
    this.#types.set(field.id, STRING);
    const type = this.#field(this.check(operand, scope), field.value, node.offset, false);
    return isOptional(type) ? type : optionalOf(type);
  }

  #list(node: ListNode, scope: Scope | undefined): CelType {
    let element: CelType | undefined;
    node.elements.forEach((item, i) => {
      const type = this.check(item, scope);
      element = this.#joined(element, node.optional.has(i) ? this.#optionalPart(type, item.offset) : type);
    });
    return listOf(element ?? this.#substitution.fresh());
  }

  #optionalPart(type: CelType, offset: number): CelType {
    const resolved = this.#substitution.resolve(type);
    if (resolved.kind === "dyn" || resolved.kind === "error") return DYN;
    if (resolved.kind === "opaque" && resolved.name === "optional_type") return resolved.parameters[0] ?? DYN;
    return this.#issue(offset, `expected type 'optional_type(${typeText(this.#substitution.final(type))})' but found '${typeText(this.#substitution.final(type))}'`);
  }

  /** The type of all items so far, dyn where they differ: whether that is right is judged afterwards (literals-check.ts). */
  #joined(previous: CelType | undefined, type: CelType): CelType {
    if (previous === undefined) return type;
    if (this.#substitution.assignAll([previous], [type])) {
      const resolved = this.#substitution.resolve(previous);
      return this.#substitution.resolve(type).kind === "dyn" || resolved.kind === "null" ? type : previous;
    }
    return DYN;
  }

  #map(node: MapNode, scope: Scope | undefined): CelType {
    let [key, value]: (CelType | undefined)[] = [undefined, undefined];
    for (const entry of node.entries) {
      key = this.#joined(key, this.check(entry.key, scope));
      const type = this.check(entry.value, scope);
      value = this.#joined(value, entry.optional ? this.#optionalPart(type, entry.value.offset) : type);
    }
    return mapOf(key ?? this.#substitution.fresh(), value ?? this.#substitution.fresh());
  }

  #struct(node: StructNode, scope: Scope | undefined): CelType {
    const object = this.#declarations.objects.get(node.name);
    for (const { name, value, optional, offset } of node.fields) {
      const type = this.check(value, scope);
      const field = object?.fields.get(name);
      if (object === undefined) continue;
      if (field === undefined) this.#issue(offset, `undefined field '${name}'`);
      else if (!this.#substitution.assignAll([field], [optional ? this.#optionalPart(type, value.offset) : type])) {
        this.#issue(offset, `expected type of field '${name}' is '${typeText(field)}' but provided type is '${typeText(this.#substitution.final(type))}'`);
      }
    }
    return object ?? this.#issue(node.offset, `undeclared reference to '${node.name}' (in container '')`);
  }

  #fold(node: ComprehensionNode, scope: Scope | undefined): CelType {
    const range = this.#substitution.resolve(this.check(node.range, scope));
    const accumulator = this.check(node.init, scope);
    const [first, second] = this.#variables(node, range);
    const withAccumulator: Scope = { name: node.accumulator, type: accumulator, outer: scope };
    let inner: Scope = { name: node.variable, type: first, outer: withAccumulator };
    if (node.secondVariable !== undefined) inner = { name: node.secondVariable, type: second, outer: inner };
    this.#expect(node.condition, BOOL, this.check(node.condition, inner));
    this.#expect(node.step, accumulator, this.check(node.step, inner));
    return this.check(node.result, withAccumulator);
  }

  #variables(node: ComprehensionNode, range: CelType): readonly [CelType, CelType] {
    const isTwo = node.secondVariable !== undefined;
    if (range.kind === "list") return isTwo ? [INT, range.element] : [range.element, DYN];
    if (range.kind === "map") return isTwo ? [range.key, range.value] : [range.key, DYN];
    if (range.kind === "dyn" || range.kind === "error" || range.kind === "param") return [DYN, DYN];
    this.#issue(node.range.offset, `expression of type '${typeText(this.#substitution.final(range))}' cannot be range of a comprehension (must be list, map, or dynamic)`);
    return [ERROR, ERROR];
  }

  #expect(node: Node, expected: CelType, type: CelType): void {
    if (this.#substitution.assignAll([expected], [type])) return;
    this.#issue(node.offset, `expected type '${typeText(this.#substitution.final(expected))}' but found '${typeText(this.#substitution.final(type))}'`);
  }
}

/** A variable of a fold. */
function isLocal(name: string, scope: Scope | undefined): boolean {
  for (let inner = scope; inner !== undefined; inner = inner.outer) if (inner.name === name) return true;
  return false;
}

function isOptional(type: CelType): boolean {
  return type.kind === "opaque" && type.name === "optional_type";
}

function literalType(value: CelValue): CelType {
  if (value === null) return NULL;
  if (value instanceof CelUint) return UINT;
  return parseType(typeName(value));
}
