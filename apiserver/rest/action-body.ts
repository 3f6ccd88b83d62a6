import type { ApiResponse } from "../../api/exchange.ts";
import type { BodyKind as ActionBody } from "../../api/kinds/kind.ts";
import { success } from "../../api/status/errors.ts";
import type { ApiObject } from "../../api/wire.ts";
import { answerObject, negotiate, STATUS_DEFINITION } from "../chain/answer.ts";
import type { RequestContext } from "../chain/context.ts";
import { readObject } from "./read-body.ts";
import { checkTimeout } from "./read-handlers.ts";
import { parseWriteOptions, type WriteOptions } from "./write-options.ts";

/** The body of a POST to a subresource with an action of its own, defaulted and validated. @throws StatusError */
export function readAction<T extends ApiObject>(context: RequestContext, body: ActionBody): { object: T; options: WriteOptions } {
  checkTimeout(context);
  const options = parseWriteOptions(context.info.query, "CreateOptions");
  const object = readObject(context, body, options.fieldValidation);
  body.applyDefaults?.(object);
  return { object: object as T, options };
}

/** `{"status": "Success", "code": 201}`. */
export function answerDone(context: RequestContext): ApiResponse {
  return answerObject(context, negotiate(context), STATUS_DEFINITION, { ...success(), code: 201 }, 201);
}
