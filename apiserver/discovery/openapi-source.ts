/** Documents beside the built-in ones: of custom resources, of extension servers. */
export interface OpenApiSource {
  /** v3 documents, one for each group version. */
  v3(): readonly ExtraDocument[];
  /** What they add to the one v2 document; definitions must have names of their own. */
  v2(): readonly SwaggerPart[];
}

export interface ExtraDocument {
  /** `apis/GROUP/VERSION` */
  readonly path: string;
  /** Changes with the content. */
  readonly hash: string;
  /** The document, JSON. */
  content(): Uint8Array | Promise<Uint8Array>;
}

export interface SwaggerPart {
  /** Changes with the content. */
  readonly hash: string;
  readonly paths: Readonly<Record<string, unknown>>;
  readonly definitions: Readonly<Record<string, unknown>>;
}
