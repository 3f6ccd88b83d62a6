export type IntOrString = number | string;

/** The value, or the percentage of `total`, rounded up or down. undefined when the text is neither. */
export declare function scaledValue(value: IntOrString, total: number, roundUp: boolean): number | undefined;

/** The percentage of `"25%"`, undefined for anything else. */
export declare function percentOf(value: IntOrString): number | undefined;
