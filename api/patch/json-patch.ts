/** Applies an RFC 6902 patch (its JSON value) to a copy of the document. @throws StatusError: 400 malformed, 413 too many operations, 422 not applicable */
export declare function applyJsonPatch(document: unknown, patch: unknown): unknown;
