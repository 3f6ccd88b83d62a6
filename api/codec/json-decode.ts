import { canonicalQuantity, QuantityError } from "../quantity.ts";
import { definition as definitionOf, fieldOf } from "../schema/schema.ts";
import type { Definition, FieldSchema, SchemaType } from "../schema/types.ts";
import { goQuote } from "../status/go-text.ts";
import { Base64Error, canonicalBase64 } from "./base64.ts";
import { DecodeError } from "./decode-error.ts";
import { GoTimeError, parseMicroTime, parseTime } from "./go-time.ts";
import { goFieldType, goStructName, goTypeName } from "./go-types.ts";
import { ArrayNode, type JsonNode, NumberNode, ObjectNode } from "./json-tree.ts";
import { nodeToValue, rawValue } from "./raw.ts";
import { dropsZero, isZeroScalar, setOwn, zeroOf, zeroOfField } from "./zero.ts";

export interface TreeDecoded {
  readonly object: Record<string, unknown>;
  /** `unknown field "spec.foo"`, `duplicate field "data.k"`, each once, in the order found; at most MAX_STRICT_ERRORS. */
  readonly strictErrors: readonly string[];
}

const MAX_STRICT_ERRORS = 100;

/**
 * Decodes a tree as sigs.k8s.io/json does into the Go type of the definition: the reference that json-check.ts must
 * agree with, and the one that words the errors.
 * @throws DecodeError
 */
export function decodeTree(definitionName: string, node: JsonNode, text: string): TreeDecoded {
  const decoder = new TreeDecoder(text);
  const definition = definitionOf(definitionName);
  const object = decoder.object(definition, node, goTypeName({ type: "object", definition: definitionName }), undefined);
  if (decoder.saved !== undefined) throw new DecodeError(decoder.saved);
  return { object: object ?? {}, strictErrors: [...decoder.strict] };
}

type Container = Record<string, unknown>;

class TreeDecoder {
  /** The first type error: decoding goes on after it, and it is thrown at the end. */
  saved: string | undefined;
  readonly strict = new Set<string>();
  readonly #text: string;
  /** Go's error context: the innermost struct, and the JSON names on the way. */
  #struct = "";
  readonly #fields: string[] = [];
  /** The path with indices that strict errors show. */
  readonly #path: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** undefined when the node is no object. `into` is set for a duplicate member: Go decodes into what is there. */
  object(definition: Definition, node: JsonNode, goType: string, into: Container | undefined): Container | undefined {
    if (!(node instanceof ObjectNode)) {
      if (node !== null) this.#typeError(node, goType);
      return into ?? (node === null ? this.#filled(definition, new Map()) : undefined);
    }
    const values = new Map<string, unknown>(Object.entries(into ?? {}));
    const seen = new Set<string>();
    const [outerStruct, depth] = [this.#struct, this.#fields.length];
    for (const [i, key] of node.keys.entries()) {
      const field = fieldOf(definition, key);
      if (field === undefined) {
        this.#strictError("unknown", key);
        continue;
      }
      if (seen.has(key)) this.#strictError("duplicate", key);
      seen.add(key);
      if (field.embedded !== undefined) this.#fields.push(...field.embedded);
      this.#struct = goStructName(definition.name);
      this.#fields.push(key);
      this.#path.push(`.${key}`);
      const value = this.#field(field, node.values[i] as JsonNode, values.get(key));
      if (value === undefined) values.delete(key);
      else values.set(key, value);
      this.#path.pop();
      this.#fields.length = depth;
      this.#struct = outerStruct;
    }
    return this.#filled(definition, values);
  }

  /** The members in the order of the definition, with those that are always there. */
  #filled(definition: Definition, values: ReadonlyMap<string, unknown>): Container {
    const object: Container = {};
    for (const field of definition.fields) {
      const value = values.has(field.name) ? values.get(field.name) : zeroOfField(field);
      if (value !== undefined) object[field.name] = value;
    }
    return object;
  }

  /** undefined: the field is left out. */
  #field(field: FieldSchema, node: JsonNode, before: unknown): unknown {
    // null resets pointers, lists and maps, and leaves everything else as it was.
    if (node === null) return field.pointer || field.type.type === "list" || field.type.type === "map" ? undefined : before;
    const value = this.#value(field.type, node, goFieldType(field), before, field);
    if (value === undefined) return before;
    if (dropsZero(field) && isZeroScalar(value)) return undefined;
    return value;
  }

  /** undefined after a type error that was saved. */
  #value(type: SchemaType, node: JsonNode, goType: string, before: unknown, field: FieldSchema | undefined): unknown {
    switch (type.type) {
      case "string":
        return typeof node === "string" ? node : this.#typeError(node, goType);
      case "boolean":
        return typeof node === "boolean" ? node : this.#typeError(node, goType);
      case "integer":
        return this.#integer(node, type.bits, goType);
      case "double":
        return this.#double(node, goType);
      case "bytes":
        return this.#bytes(node, goType);
      case "object":
        return this.object(definitionOf(type.definition), node, goType, before as Container | undefined);
      case "list":
        return this.#list(type.items, node, goType, field);
      case "map":
        return this.#map(type.values, node, goType, before as Container | undefined);
      default:
        return this.#special(type, node);
    }
  }

  #integer(node: JsonNode, bits: 32 | 64, goType: string): number | bigint | undefined {
    if (!(node instanceof NumberNode)) return this.#typeError(node, goType);
    if (!/^-?[0-9]+$/.test(node.text)) return this.#numberError(node, goType);
    // 2^63 has 19 digits.
    if (node.text.length > 20) return this.#numberError(node, goType);
    const exact = BigInt(node.text);
    if (BigInt.asIntN(bits, exact) !== exact) return this.#numberError(node, goType);
    const value = Number(exact);
    return Number.isSafeInteger(value) ? value : exact;
  }

  #double(node: JsonNode, goType: string): number | undefined {
    if (!(node instanceof NumberNode)) return this.#typeError(node, goType);
    const value = Number(node.text);
    return Number.isFinite(value) ? value + 0 : this.#numberError(node, goType);
  }

  #bytes(node: JsonNode, goType: string): string | undefined {
    if (node instanceof ArrayNode) return Buffer.from(node.items.map((item) => this.#byte(item))).toString("base64");
    if (typeof node !== "string") return this.#typeError(node, goType);
    try {
      return canonicalBase64(node);
    } catch (error) {
      if (!(error instanceof Base64Error)) throw error;
      this.saved ??= error.message;
      return undefined;
    }
  }

  /** One byte of a list of numbers; null is zero. */
  #byte(node: JsonNode): number {
    if (node instanceof NumberNode) {
      if (/^[0-9]{1,3}$/.test(node.text) && Number(node.text) <= 255) return Number(node.text);
      this.#numberError(node, "uint8");
    } else if (node !== null) this.#typeError(node, "uint8");
    return 0;
  }

  #list(items: SchemaType, node: JsonNode, goType: string, field: FieldSchema | undefined): unknown[] | undefined {
    if (!(node instanceof ArrayNode)) return this.#typeError(node, goType);
    const goItem = field === undefined ? goTypeName(items) : goFieldType(field, true);
    const values: unknown[] = [];
    node.items.forEach((item, i) => {
      this.#path.push(`[${i}]`);
      values.push(this.#element(items, item, goItem, undefined));
      this.#path.pop();
    });
    return values;
  }

  #map(values: SchemaType, node: JsonNode, goType: string, before: Container | undefined): Container | undefined {
    if (!(node instanceof ObjectNode)) return this.#typeError(node, goType);
    const map: Container = before ?? {};
    const goValue = goTypeName(values);
    const seen = new Set<string>();
    node.keys.forEach((key, i) => {
      if (seen.has(key)) this.#strictError("duplicate", key);
      seen.add(key);
      this.#path.push(`.${key}`);
      setOwn(map, key, this.#element(values, node.values[i] as JsonNode, goValue, undefined));
      this.#path.pop();
    });
    return map;
  }

  /** An item of a list or map: null is its zero value; only bytes, times and the like stay null. */
  #element(type: SchemaType, node: JsonNode, goType: string, before: undefined): unknown {
    if (node !== null) return this.#value(type, node, goType, before, undefined) ?? elementZero(type);
    return elementZero(type);
  }

  /** Types with an unmarshaler of their own: what they refuse ends the decoding at once. */
  #special(type: SchemaType, node: JsonNode): unknown {
    switch (type.type) {
      case "quantity":
        return this.#quantity(node);
      case "time":
      case "microTime":
        return this.#time(node, type.type === "time" ? parseTime : parseMicroTime);
      case "intOrString":
        if (typeof node === "string") return node;
        return this.#nested(() => this.#integer(node, 32, "int32") as number);
      case "schemaOrBool":
        if (typeof node === "boolean") return node;
        if (!(node instanceof ObjectNode)) throw new DecodeError("boolean or JSON schema expected");
        return this.#schema(node);
      case "schemaOrArray":
        if (node instanceof ObjectNode) return this.#schema(node);
        return node instanceof ArrayNode ? node.items.map((item) => this.#schema(item) ?? {}) : undefined;
      case "schemaOrStrings":
        if (node instanceof ObjectNode) return this.#schema(node);
        return this.#nested(() => this.#list({ type: "string" }, node, "[]string", undefined));
      case "any":
        return nodeToValue(node);
      default:
        return rawValue(node, this.#text);
    }
  }

  #quantity(node: JsonNode): string {
    // Kubernetes reads the raw text between the quotes.
    const text = typeof node === "string" ? node : node instanceof NumberNode ? node.text : String(node);
    try {
      return canonicalQuantity(text.trim());
    } catch (error) {
      if (error instanceof QuantityError) throw new DecodeError(error.message);
      throw error;
    }
  }

  #time(node: JsonNode, parse: (text: string) => string | null): string | null {
    if (typeof node !== "string") throw new DecodeError(this.#typeErrorText(kindOf(node), "string"));
    try {
      return parse(node);
    } catch (error) {
      if (error instanceof GoTimeError) throw new DecodeError(error.message);
      throw error;
    }
  }

  /** A decoder within the decoder: not strict, and its first type error ends everything. */
  #nested<T>(decode: () => T): T {
    const before = this.saved;
    this.saved = undefined;
    const value = decode();
    if (this.saved !== undefined) throw new DecodeError(this.saved);
    this.saved = before;
    return value;
  }

  #schema(node: JsonNode): Container | undefined {
    const inner = new TreeDecoder(this.#text);
    inner.#struct = this.#struct;
    inner.#fields.push(...this.#fields);
    const value = inner.object(definitionOf(SCHEMA_PROPS), node, "v1.JSONSchemaProps", undefined);
    if (inner.saved !== undefined) throw new DecodeError(inner.saved);
    return value;
  }

  #strictError(kind: "unknown" | "duplicate", key: string): void {
    if (this.strict.size >= MAX_STRICT_ERRORS) return;
    const path = [...this.#path, `.${key}`].join("").slice(1);
    this.strict.add(`${kind} field ${goQuote(path)}`);
  }

  #typeError(node: JsonNode, goType: string): undefined {
    this.saved ??= this.#typeErrorText(kindOf(node), goType);
    return undefined;
  }

  #numberError(node: NumberNode, goType: string): undefined {
    this.saved ??= this.#typeErrorText(`number ${node.text}`, goType);
    return undefined;
  }

  #typeErrorText(kind: string, goType: string): string {
    const target = this.#fields.length === 0 ? "value" : `struct field ${this.#struct}.${this.#fields.join(".")}`;
    return `json: cannot unmarshal ${kind} into Go ${target} of type ${goType}`;
  }
}

const SCHEMA_PROPS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/** What Go calls a JSON value of the wrong type. */
export function kindOf(node: JsonNode): string {
  if (node === null) return "null";
  if (node instanceof NumberNode) return "number";
  if (node instanceof ArrayNode) return "array";
  if (node instanceof ObjectNode) return "object";
  return typeof node === "boolean" ? "bool" : "string";
}

function elementZero(type: SchemaType): unknown {
  if (type.type === "list" || type.type === "map") return type.type === "list" ? [] : {};
  return zeroOf(type) ?? null;
}
