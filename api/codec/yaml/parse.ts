import { setOwn } from "../zero.ts";
import { resolvePlain, resolveTagged } from "./resolve.ts";
import { Scanner } from "./scanner.ts";
import { type Mark, parserError, type TokenType, YamlSyntaxError } from "./tokens.ts";

export interface ParsedDocument {
  /** As JSON would have it: null, boolean, number, bigint, text, lists and objects. */
  readonly value: unknown;
  /** `line 7: key "k" already set in map` for each key that stands twice. */
  readonly duplicates: readonly string[];
}

/** The first document of a YAML text; an empty text is null. @throws YamlSyntaxError */
export function parseFirstDocument(text: string): ParsedDocument {
  if (forbidden.test(text)) throw new YamlSyntaxError("control characters are not allowed");
  const parser = new Parser(new Scanner(text));
  return { value: parser.document(), duplicates: parser.duplicates };
}

/** What no YAML text may hold. */
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0080-\u0084\u0086-\u009f\ufffe\uffff]/;

/** Properties that stand before a node. */
interface Properties {
  readonly anchor?: string;
  readonly tag?: string;
  readonly mark: Mark;
}

const STANDARD = "tag:yaml.org,2002:";

/** Recursive descent over the tokens, straight to values: the grammar and the complaints are libyaml's. */
class Parser {
  readonly duplicates: string[] = [];
  readonly #scanner: Scanner;
  readonly #anchors = new Map<string, { value: unknown; nodes: number; open: boolean }>();
  readonly #tagPrefixes = new Map([
    ["!!", STANDARD],
    ["!", "!"],
  ]);
  /** Nodes seen, and how many of them by alias: bounds what aliases can blow up. */
  #nodes = 0;
  #aliased = 0;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  document(): unknown {
    while (this.#is("document-end")) this.#scanner.take();
    const explicit = this.#is("directive") || this.#is("document-start");
    this.#directives();
    if (this.#is("stream-end")) {
      if (explicit) throw parserError("did not find expected <document start>", this.#scanner.peek().mark);
      return null;
    }
    const starts = this.#is("document-start");
    if (explicit && !starts) throw parserError("did not find expected <document start>", this.#scanner.peek().mark);
    if (starts) this.#scanner.take();
    const value = starts && this.#is("directive", "document-start", "document-end", "stream-end") ? null : this.#node(true);
    if (!this.#is("document-start", "document-end", "stream-end", "directive")) throw parserError("did not find expected <document start>", this.#scanner.peek().mark);
    return value;
  }

  #directives(): void {
    for (let token = this.#scanner.peek(); token.type === "directive"; token = this.#scanner.peek()) {
      this.#scanner.take();
      const [first = "", second = ""] = token.value.split(" ");
      if (token.name === "YAML" && first !== "1.1" && first !== "1.2") throw parserError("found incompatible YAML document", token.mark);
      if (token.name === "TAG") this.#tagPrefixes.set(first, second);
    }
  }

  #is(...types: TokenType[]): boolean {
    return types.includes(this.#scanner.peek().type);
  }

  // Nodes

  /** `block`: block collections may stand here. `indentless`: a list at the indent of its key too. */
  #node(block: boolean, indentless = false): unknown {
    const token = this.#scanner.peek();
    if (token.type === "alias") return this.#alias(token.value);
    const properties = this.#properties();
    const place = properties.anchor === undefined ? undefined : this.#open(properties.anchor);
    const before = this.#nodes;
    this.#count(1);
    const value = this.#content(properties, block, indentless);
    if (place !== undefined) Object.assign(place, { value, nodes: this.#nodes - before, open: false });
    return value;
  }

  #open(anchor: string): { value: unknown; nodes: number; open: boolean } {
    const place = { value: undefined, nodes: 0, open: true };
    this.#anchors.set(anchor, place);
    return place;
  }

  #count(nodes: number): void {
    this.#nodes += nodes;
  }

  #alias(name: string): unknown {
    this.#scanner.take();
    const anchor = this.#anchors.get(name);
    if (anchor === undefined) throw new YamlSyntaxError(`unknown anchor '${name}' referenced`);
    if (anchor.open) throw new YamlSyntaxError(`anchor '${name}' value contains itself`);
    this.#count(anchor.nodes);
    this.#aliased += anchor.nodes;
    if (this.#aliased > 100 && this.#nodes > 1000 && this.#aliased / this.#nodes > allowedAliasRatio(this.#nodes)) throw new YamlSyntaxError("document contains excessive aliasing");
    return anchor.value;
  }

  #properties(): Properties {
    const { mark } = this.#scanner.peek();
    let anchor: string | undefined;
    let tag: string | undefined;
    for (let token = this.#scanner.peek(); ; token = this.#scanner.peek()) {
      if (token.type === "anchor" && anchor === undefined) anchor = token.value;
      else if (token.type === "tag" && tag === undefined) tag = this.#tag(token.value, token.mark);
      else break;
      this.#scanner.take();
    }
    return { mark, ...(anchor === undefined ? {} : { anchor }), ...(tag === undefined ? {} : { tag }) };
  }

  /** The full form of a tag. */
  #tag(text: string, mark: Mark): string {
    if (text.startsWith("!<") && text.endsWith(">")) return text.slice(2, -1);
    const handle = /^(![0-9A-Za-z_-]*!)./.exec(text)?.[1] ?? "!";
    const prefix = this.#tagPrefixes.get(handle);
    if (prefix === undefined) throw parserError("found undefined tag handle", mark);
    return prefix + text.slice(handle.length);
  }

  #content(properties: Properties, block: boolean, indentless: boolean): unknown {
    const token = this.#scanner.peek();
    switch (token.type) {
      case "block-entry":
        if (indentless) return this.#indentlessList();
        break;
      case "scalar":
        this.#scanner.take();
        return scalarValue(token.value, token.plain, properties.tag);
      case "flow-sequence-start":
        return this.#flowList();
      case "flow-mapping-start":
        return this.#flowMap();
      case "block-sequence-start":
        if (block) return this.#blockList();
        break;
      case "block-mapping-start":
        if (block) return this.#blockMap();
        break;
      default:
    }
    // Only an anchor or a tag: an empty scalar.
    if (properties.anchor !== undefined || properties.tag !== undefined) return scalarValue("", true, properties.tag);
    throw parserError("did not find expected node content", token.mark, properties.mark);
  }

  // Block collections

  #blockList(): unknown[] {
    const start = this.#scanner.take().mark;
    const list: unknown[] = [];
    while (this.#is("block-entry")) {
      this.#scanner.take();
      list.push(this.#is("block-entry", "block-end") ? null : this.#node(true));
    }
    const token = this.#scanner.take();
    if (token.type !== "block-end") throw parserError("did not find expected '-' indicator", token.mark, start);
    return list;
  }

  #indentlessList(): unknown[] {
    const list: unknown[] = [];
    while (this.#is("block-entry")) {
      this.#scanner.take();
      list.push(this.#is("block-entry", "key", "value", "block-end") ? null : this.#node(true));
    }
    return list;
  }

  #blockMap(): object {
    const start = this.#scanner.take().mark;
    const map = new MapBuilder(this.duplicates);
    while (this.#is("key", "value")) {
      let key: unknown = null;
      let merges = false;
      if (this.#is("key")) {
        this.#scanner.take();
        merges = this.#isMergeKey();
        if (!this.#is("key", "value", "block-end")) key = this.#node(true, true);
      }
      if (!this.#is("value")) {
        map.set(key, null, this.#scanner.peek().mark, merges);
        continue;
      }
      this.#scanner.take();
      const { mark } = this.#scanner.peek();
      map.set(key, this.#is("key", "value", "block-end") ? null : this.#node(true, true), mark, merges);
    }
    const token = this.#scanner.take();
    if (token.type !== "block-end") throw parserError("did not find expected key", token.mark, start);
    return map.value;
  }

  #isMergeKey(): boolean {
    const token = this.#scanner.peek();
    return token.type === "scalar" && token.plain && token.value === "<<";
  }

  // Flow collections

  #flowList(): unknown[] {
    const start = this.#scanner.take().mark;
    const list: unknown[] = [];
    while (!this.#is("flow-sequence-end")) {
      if (list.length > 0) {
        const token = this.#scanner.peek();
        if (token.type !== "flow-entry") throw parserError("did not find expected ',' or ']'", token.mark, start);
        this.#scanner.take();
        if (this.#is("flow-sequence-end")) break;
      }
      list.push(this.#is("key") ? this.#flowPair() : this.#node(false));
    }
    this.#scanner.take();
    return list;
  }

  /** `[a: b]`: a map of one member as an item. */
  #flowPair(): object {
    const map = new MapBuilder(this.duplicates);
    this.#flowMember(map, "flow-sequence-end");
    return map.value;
  }

  #flowMap(): object {
    const start = this.#scanner.take().mark;
    const map = new MapBuilder(this.duplicates);
    for (let first = true; !this.#is("flow-mapping-end"); first = false) {
      if (!first) {
        const token = this.#scanner.peek();
        if (token.type !== "flow-entry") throw parserError("did not find expected ',' or '}'", token.mark, start);
        this.#scanner.take();
        if (this.#is("flow-mapping-end")) break;
      }
      if (this.#is("key")) this.#flowMember(map, "flow-mapping-end");
      else map.set(this.#node(false), null, this.#scanner.peek().mark, false);
    }
    this.#scanner.take();
    return map.value;
  }

  #flowMember(map: MapBuilder, end: TokenType): void {
    this.#scanner.take();
    const merges = this.#isMergeKey();
    const key = this.#is("value", "flow-entry", end) ? null : this.#node(false);
    if (!this.#is("value")) return map.set(key, null, this.#scanner.peek().mark, merges);
    this.#scanner.take();
    const { mark } = this.#scanner.peek();
    map.set(key, this.#is("flow-entry", end) ? null : this.#node(false), mark, merges);
  }
}

/** Small documents may use aliases as they like, in large ones they must be few (go-yaml's rule). */
function allowedAliasRatio(nodes: number): number {
  if (nodes <= 400_000) return 0.99;
  if (nodes >= 4_000_000) return 0.1;
  return 0.99 - 0.89 * ((nodes - 400_000) / 3_600_000);
}

function scalarValue(text: string, plain: boolean, tag: string | undefined): unknown {
  if (tag === undefined) return plain ? resolvePlain(text) : text;
  return tag.startsWith(STANDARD) ? resolveTagged(text, tag.slice(STANDARD.length)) : text;
}

/** More duplicates than these are not told. */
const MAX_DUPLICATES = 100;

/** An object from keys of any kind, as sigs.k8s.io/yaml makes them texts. */
class MapBuilder {
  readonly value = {};
  readonly #duplicates: string[];

  constructor(duplicates: string[]) {
    this.#duplicates = duplicates;
  }

  /** `mark`: of the value. */
  set(key: unknown, value: unknown, mark: Mark, merges: boolean): void {
    if (merges) return this.#merge(value);
    const name = keyText(key);
    if (Object.hasOwn(this.value, name) && this.#duplicates.length < MAX_DUPLICATES) this.#duplicates.push(`line ${mark.line + 1}: key ${JSON.stringify(key)} already set in map`);
    setOwn(this.value, name, value);
  }

  /** `<<`: the members of a map, or of several (the first one's win). */
  #merge(value: unknown): void {
    const sources = Array.isArray(value) ? [...value].reverse() : [value];
    for (const source of sources) {
      if (source === null || typeof source !== "object" || Array.isArray(source)) throw new YamlSyntaxError("map merge requires map or sequence of maps as the value");
      for (const [name, member] of Object.entries(source)) setOwn(this.value, name, member);
    }
  }
}

function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  if (typeof key === "boolean" || typeof key === "number" || typeof key === "bigint") return String(key);
  throw new YamlSyntaxError(`unsupported map key of type ${key === null ? "null" : Array.isArray(key) ? "list" : "map"}`);
}

