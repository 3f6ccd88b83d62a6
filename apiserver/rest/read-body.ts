import { type Coerce, decodeBody, unknownFields } from "../../api/codec/body.ts";
import { type Decoded, type FieldValidation, type KnownMember, normalizeObject } from "../../api/codec/json.ts";
import { negotiateContentType } from "../../api/codec/negotiate.ts";
import { areShared } from "../../api/fieldmanager/interned.ts";
import { isMap } from "../../api/patch/json-value.ts";
import { requestEntityTooLarge } from "../../api/status/errors.ts";
import type { ApiObject } from "../../api/wire.ts";
import { MAX_BODY_BYTES } from "../chain/chain.ts";
import { header, type RequestContext } from "../chain/context.ts";

/** What a body must be. `definition` undefined: a custom resource. */
export interface BodyKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly definition: string | undefined;
  /** What a custom resource's schema does to the body. */
  readonly coerce?: Coerce | undefined;
}

/** The request's body as an object of the kind, a copy that the server may change but for what is `known`. @throws StatusError 400, 413, 415 */
export function readObject(context: RequestContext, kind: BodyKind, validation: FieldValidation, known?: KnownMember): ApiObject {
  const { body } = context.request;
  if (body?.type === "object") {
    const { object, warnings } = normalizeSent(kind, body.object, validation, known);
    context.warnings.push(...warnings);
    if (kind.coerce !== undefined) {
      object.metadata ??= {};
      context.warnings.push(...unknownFields(kind.coerce(object)));
    }
    return { ...object, kind: kind.kind, apiVersion: kind.group === "" ? kind.version : `${kind.group}/${kind.version}`, metadata: object.metadata ?? {} };
  }
  const mediaType = negotiateContentType(header(context.request, "content-type"));
  const bytes = bodyBytes(context);
  const { object, warnings } = decodeBody({ bytes, mediaType, expected: kind, definition: kind.definition, validation, ...(kind.definition === undefined ? { custom: true } : {}), coerce: kind.coerce, known });
  context.warnings.push(...warnings);
  object.metadata ??= {};
  return object;
}

/** Components in this process mostly send back what they were given: managedFields that they left alone are taken as they are. */
function normalizeSent(kind: BodyKind, sent: unknown, validation: FieldValidation, known: KnownMember | undefined): Decoded<ApiObject> {
  const metadata = isMap(sent) ? sent.metadata : undefined;
  if (!isMap(sent) || !isMap(metadata) || !areShared(metadata.managedFields)) return normalizeObject(kind.definition, sent, validation, known);
  const { managedFields, ...rest } = metadata;
  const decoded = normalizeObject(kind.definition, { ...sent, metadata: rest }, validation, known);
  decoded.object.metadata = { ...decoded.object.metadata, managedFields };
  return decoded;
}

/** The body's bytes, none where there is no body. @throws StatusError 413 */
export function bodyBytes(context: RequestContext): Uint8Array {
  const { body } = context.request;
  if (body === undefined || body.type === "unread") return new Uint8Array();
  if (body.type === "object") return Buffer.from(JSON.stringify(body.object));
  if (body.bytes.length > MAX_BODY_BYTES) throw requestEntityTooLarge(`limit is ${MAX_BODY_BYTES}`);
  return body.bytes;
}
