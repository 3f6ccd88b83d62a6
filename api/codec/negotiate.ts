import type { MediaType } from "./body.ts";

export interface Negotiated {
  readonly mediaType: MediaType;
  /** `application/json` etc., the answer's Content-Type, `;stream=watch` included for watches. */
  readonly contentType: string;
  /** The conversion asked for by `;as=Table;g=meta.k8s.io;v=v1`; absent: the object itself. */
  readonly as?: { readonly kind: "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList"; readonly group: string; readonly version: "v1" | "v1beta1" };
  readonly pretty: boolean;
}

export interface NegotiateOptions {
  readonly accept: string | undefined;
  /** User agent and ?pretty decide indentation as in Kubernetes. */
  readonly userAgent?: string | undefined;
  readonly pretty?: string | undefined;
  readonly watch?: boolean;
  /** Media types offered; custom resources have no protobuf, some answers no Table. */
  readonly offered?: readonly MediaType[];
  readonly tables?: boolean;
}

/** The first alternative of an Accept header that can be had. @throws StatusError 406 */
export declare function negotiateAccept(options: NegotiateOptions): Negotiated;

/** The media type of a body by its Content-Type header (JSON when absent). @throws StatusError 415 */
export declare function negotiateContentType(contentType: string | undefined, offered?: readonly MediaType[]): MediaType;

/** The kind of patch by Content-Type. @throws StatusError 415 */
export declare function negotiatePatch(contentType: string | undefined, offered?: readonly PatchMediaType[]): PatchMediaType;

export type PatchMediaType = "application/json-patch+json" | "application/merge-patch+json" | "application/strategic-merge-patch+json" | "application/apply-patch+yaml" | "application/apply-patch+cbor";
