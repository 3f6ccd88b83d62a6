import { badRequest, StatusError } from "../status/errors.ts";

/** A body that the decoder cannot take; message is Go's wording. Uncaught, it is a 400 that says just that. */
export class DecodeError extends StatusError {
  constructor(message: string) {
    super(badRequest(message).status);
  }
}
