import type { KindEntry } from "../kinds/kind.ts";

/** Index of `/openapi/v3`: path of each group version → its document's URL with hash. */
export declare function openapiV3Index(entries: readonly KindEntry[]): { paths: Record<string, { serverRelativeURL: string }> };

/** The document of one group version (`apis/apps/v1`, `api/v1`), as JSON text; undefined where there is none. Built once, kept. */
export declare function openapiV3Document(entries: readonly KindEntry[], path: string): string | undefined;

/** `/openapi/v2` as JSON text. */
export declare function openapiV2Document(entries: readonly KindEntry[]): string;
