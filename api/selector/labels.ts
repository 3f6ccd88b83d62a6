import type { LabelSelector } from "../wire.ts";

export type LabelOperator = "=" | "==" | "in" | "!=" | "notin" | "exists" | "!" | "gt" | "lt";

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

type Labels = Readonly<Record<string, string>> | undefined;

/** A compiled label selector. */
export declare class LabelMatcher {
  readonly requirements: readonly LabelRequirement[];
  /** Matches everything. */
  readonly everything: boolean;
  /** Matches nothing (a nil LabelSelector). */
  readonly nothing: boolean;
  matches(labels: Labels): boolean;
  /** Canonical text, requirements sorted by key. */
  toString(): string;
}

/** message is Kubernetes' wording (`unable to parse requirement: …`). */
export declare class SelectorError extends Error {}

/** The text form of a query: `a=b,c in (d,e),!f`. @throws SelectorError */
export declare function parseLabelSelector(text: string): LabelMatcher;

/** A LabelSelector object; undefined or null matches nothing, {} everything. @throws SelectorError */
export declare function matcherOf(selector: LabelSelector | null | undefined): LabelMatcher;

/** A plain map of required labels; {} matches everything. */
export declare function matcherOfLabels(labels: Labels): LabelMatcher;

export declare const everything: LabelMatcher;
export declare const nothing: LabelMatcher;
