import type { UserInfo } from "../../api/exchange.ts";
import type { ApiObject } from "../../api/wire.ts";
import type { ServedKind } from "../registry/served-kind.ts";

export type AdmissionOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** One write on its way in, as admission sees it. */
export interface AdmissionRequest {
  readonly operation: AdmissionOperation;
  /** The resource of the path; `subresource` is "" for the resource itself. */
  readonly kind: ServedKind;
  readonly subresource: string;
  readonly namespace: string;
  /** "" where a generated name is not there yet. */
  readonly name: string;
  /** The new object (of a subresource with a body of its own: that body); absent for DELETE. Mutating plugins change it. */
  readonly object?: ApiObject;
  /** Frozen. */
  readonly oldObject?: ApiObject;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly now_ms: number;
  /** Texts of `Warning` headers. */
  readonly warnings: string[];
}

/** One concern, one file. Refusals are thrown as StatusError. */
export interface AdmissionPlugin {
  readonly name: string;
  /** May change `request.object`. */
  admit?(request: AdmissionRequest): void | Promise<void>;
  /** Sees the final object. */
  validate?(request: AdmissionRequest): void | Promise<void>;
}

/** Plugins in Kubernetes' order: all `admit` before defaults are checked, all `validate` after validation. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  async admit(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#plugins) {
      const pending = plugin.admit?.(request);
      if (pending !== undefined) await pending;
    }
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#plugins) {
      const pending = plugin.validate?.(request);
      if (pending !== undefined) await pending;
    }
  }
}
