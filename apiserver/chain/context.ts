import type { ApiRequest, UserInfo } from "../../api/exchange.ts";
import type { RequestInfo } from "./request-info.ts";

/** One request as the handlers see it: who asks for what, and the warnings that the answer will carry. */
export interface RequestContext {
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly now_ms: number;
  /** Texts of `Warning` headers, added to as they come up. */
  readonly warnings: string[];
}

/** A request header's first value. */
export function header(request: ApiRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" || value === undefined ? value : value.join(", ");
}
