export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** A parsed field selector. */
export declare class FieldMatcher {
  readonly requirements: readonly FieldRequirement[];
  readonly everything: boolean;
  /** `value` gives a field of the object as text. */
  matches(value: (field: string) => string): boolean;
  /** The value that `field` must equal, where the selector says so. */
  exact(field: string): string | undefined;
  toString(): string;
}

export declare class FieldSelectorError extends Error {}

/** `metadata.name=a,status.phase!=Running`. @throws FieldSelectorError with Kubernetes' wording */
export declare function parseFieldSelector(text: string): FieldMatcher;
