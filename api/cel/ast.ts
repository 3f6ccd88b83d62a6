import type { CelValue } from "./values.ts";

/** A node of a parsed expression, macros expanded, operators as calls named as cel-go names them (`_+_`, `@in`, `_?_:_`). */
export type Node = LiteralNode | IdentNode | SelectNode | CallNode | ListNode | MapNode | StructNode | ComprehensionNode;

interface BaseNode {
  /** Unique in the expression. */
  readonly id: number;
  /** Where issues with it are shown, in UTF-16 units. */
  readonly offset: number;
}

export interface LiteralNode extends BaseNode {
  readonly kind: "literal";
  readonly value: CelValue;
}

export interface IdentNode extends BaseNode {
  readonly kind: "ident";
  readonly name: string;
}

export interface SelectNode extends BaseNode {
  readonly kind: "select";
  readonly operand: Node;
  readonly field: string;
  /** `has(operand.field)`. */
  readonly testOnly: boolean;
}

export interface CallNode extends BaseNode {
  readonly kind: "call";
  readonly name: string;
  readonly target: Node | undefined;
  readonly args: readonly Node[];
}

export interface ListNode extends BaseNode {
  readonly kind: "list";
  readonly elements: readonly Node[];
  /** Places of the elements with `?`: left out when they have no value. */
  readonly optional: ReadonlySet<number>;
}

export interface MapNode extends BaseNode {
  readonly kind: "map";
  readonly entries: readonly { readonly key: Node; readonly value: Node; readonly optional: boolean }[];
}

export interface StructNode extends BaseNode {
  readonly kind: "struct";
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly value: Node; readonly optional: boolean; readonly offset: number }[];
}

/** A fold over a list, or over the keys of a map; with two variables over index and item, key and value. */
export interface ComprehensionNode extends BaseNode {
  readonly kind: "comprehension";
  readonly range: Node;
  readonly variable: string;
  readonly secondVariable: string | undefined;
  readonly accumulator: string;
  readonly init: Node;
  /** The fold goes on while it is true. */
  readonly condition: Node;
  readonly step: Node;
  readonly result: Node;
}

/** The accumulator of the macros: no user's name. */
export const ACCUMULATOR = "@result";
