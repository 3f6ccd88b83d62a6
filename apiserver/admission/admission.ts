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
  /** Filled in by the plugin that puts a random name into the object: objects of one template differ by it. */
  chosen?: ChosenName | undefined;
}

/** A random name of [a-z0-9-] in the object's spec. */
export interface ChosenName {
  readonly name: string;
  /** In how many places of the spec it was put. */
  readonly places: number;
  /** Chooses another one for another object. */
  another(): string;
}

/** One concern, one file. Refusals are thrown as StatusError. */
export type AdmissionPlugin = (ChangingPlugin | RefusingPlugin | JudgingPlugin) & {
  readonly name: string;
  /** Sees the final object. */
  validate?(request: AdmissionRequest): void | Promise<void>;
};

interface ChangingPlugin {
  /** May change `request.object`. */
  admit(request: AdmissionRequest): void | Promise<void>;
  /**
   * For a new object whose spec came just so before: what `admit` goes by besides that spec. While this is the same, `admit` would do the same to the spec and
   * nothing else, and is left out. undefined: it cannot be told.
   */
  stamp(request: AdmissionRequest): unknown;
  readonly onlyRefuses?: undefined;
}

interface RefusingPlugin {
  /** Changes nothing. */
  admit(request: AdmissionRequest): void | Promise<void>;
  readonly onlyRefuses: true;
  readonly stamp?: undefined;
}

interface JudgingPlugin {
  readonly admit?: undefined;
  readonly stamp?: undefined;
  readonly onlyRefuses?: undefined;
}

/** A stamp of a plugin that goes by nothing but the spec. */
export const NOTHING_ELSE = "nothing else";

type Step = (request: AdmissionRequest) => void | Promise<void>;

/** Plugins in Kubernetes' order: all `admit` before defaults are checked, all `validate` after validation. A promise only where a plugin had to wait. */
export class AdmissionChain {
  readonly #admitting: readonly Step[];
  readonly #refusing: readonly Step[];
  readonly #changing: readonly ChangingPlugin[];
  readonly #validating: readonly Step[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#admitting = plugins.filter((plugin) => plugin.admit !== undefined).map((plugin) => (request) => plugin.admit?.(request));
    this.#refusing = plugins.filter((plugin) => plugin.admit !== undefined && plugin.onlyRefuses).map((plugin) => (request) => plugin.admit?.(request));
    this.#changing = plugins.filter((plugin) => plugin.stamp !== undefined);
    this.#validating = plugins.filter((plugin) => plugin.validate !== undefined).map((plugin) => (request) => plugin.validate?.(request));
  }

  admit(request: AdmissionRequest): void | Promise<void> {
    return stepsFrom(this.#admitting, 0, request);
  }

  /** What the plugins that change objects go by besides this object's spec; undefined where one cannot tell. */
  stamps(request: AdmissionRequest): readonly unknown[] | undefined {
    const stamps: unknown[] = [];
    for (const plugin of this.#changing) {
      const stamp = plugin.stamp(request);
      if (stamp === undefined) return undefined;
      stamps.push(stamp);
    }
    return stamps;
  }

  /** `admit` of an object that looks as if the plugins that change objects had changed it already. */
  admitChanged(request: AdmissionRequest): void | Promise<void> {
    return stepsFrom(this.#refusing, 0, request);
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
