/** RFC 7396. Neither argument is changed; parts of both may be shared by the result. */
export declare function applyMergePatch(document: unknown, patch: unknown): unknown;

/** The merge patch that turns `original` into `modified`. */
export declare function createMergePatch(original: unknown, modified: unknown): Record<string, unknown>;
