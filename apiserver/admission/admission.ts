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

type Step = (request: AdmissionRequest) => void | Promise<void>;

/** Plugins in Kubernetes' order: all `admit` before defaults are checked, all `validate` after validation. A promise only where a plugin had to wait. */
export class AdmissionChain {
  readonly #admitting: readonly Step[];
  readonly #validating: readonly Step[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#admitting = plugins.filter((plugin) => plugin.admit !== undefined).map((plugin) => (request) => plugin.admit?.(request));
    this.#validating = plugins.filter((plugin) => plugin.validate !== undefined).map((plugin) => (request) => plugin.validate?.(request));
  }

  admit(request: AdmissionRequest): void | Promise<void> {
    return stepsFrom(this.#admitting, 0, request);
  }

  validate(request: AdmissionRequest): void | Promise<void> {
    return stepsFrom(this.#validating, 0, request);
  }
}

function stepsFrom(steps: readonly Step[], first: number, request: AdmissionRequest): void | Promise<void> {
  for (let i = first; i < steps.length; i++) {
    const pending = steps[i]!(request);
    if (pending !== undefined) return pending.then(() => stepsFrom(steps, i + 1, request));
  }
}
