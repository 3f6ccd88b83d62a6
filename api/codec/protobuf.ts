import type { GroupVersionKind } from "../schema/types.ts";
import type { ApiObject } from "../wire.ts";

/** Whether the definition has a protobuf form (Table and custom resources do not). */
export declare function hasProtobuf(definition: string): boolean;

/** The object in its `k8s\0` envelope, byte for byte as Kubernetes writes it. */
export declare function encodeProtobuf(definition: string, object: ApiObject): Uint8Array;

/** The object's message without envelope: a list's item, a WatchEvent's part. */
export declare function encodeMessage(definition: string, object: unknown): Uint8Array;

/** An enveloped body → object in its JSON form, kind and apiVersion from the envelope. @throws StatusError 400 */
export declare function decodeProtobuf(bytes: Uint8Array, definitionOf: (kind: GroupVersionKind) => string | undefined): { kind: GroupVersionKind; object: ApiObject };

/** One frame of a protobuf watch: big-endian length, WatchEvent, `enveloped` the object with its envelope. */
export declare function watchFrame(type: string, enveloped: Uint8Array): Uint8Array;
