/** What the other end did against SPDY/3.1, or what ended a stream. */
export class SpdyError extends Error {
  override readonly name = "SpdyError";
}
