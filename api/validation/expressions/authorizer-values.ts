import { CelOpaque } from "../../cel/values.ts";

const TYPES = "kubernetes.authorization";

/** What a policy asks: may the caller (or that ServiceAccount) do this? */
export interface AccessCheck {
  readonly verb: string;
  /** Absent: a resource is asked about. */
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Instead of the caller. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
}

export interface AccessVerdict {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

/** Decides at once; whoever has to wait throws something of his own, which no expression absorbs, and runs the expression again when he knows. */
export type CheckAccess = (check: AccessCheck) => AccessVerdict;

/** `authorizer` and what its functions make of it on the way to a check. */
export class AccessBuilder extends CelOpaque {
  readonly typeName: string;
  readonly check: CheckAccess;
  readonly asked: Omit<AccessCheck, "verb">;

  constructor(type: "Authorizer" | "PathCheck" | "GroupCheck" | "ResourceCheck", check: CheckAccess, asked: Omit<AccessCheck, "verb"> = {}) {
    super();
    this.typeName = `${TYPES}.${type}`;
    this.check = check;
    this.asked = asked;
  }

  /** The same with more said. */
  with(type: "Authorizer" | "PathCheck" | "GroupCheck" | "ResourceCheck", more: Partial<AccessCheck>): AccessBuilder {
    return new AccessBuilder(type, this.check, { ...this.asked, ...more });
  }

  equals(other: CelOpaque): boolean {
    return other instanceof AccessBuilder && other.typeName === this.typeName && JSON.stringify(other.asked) === JSON.stringify(this.asked);
  }
}

/** What a check found. */
export class AccessDecision extends CelOpaque {
  readonly typeName = `${TYPES}.Decision`;
  readonly verdict: AccessVerdict;

  constructor(verdict: AccessVerdict) {
    super();
    this.verdict = verdict;
  }

  equals(other: CelOpaque): boolean {
    return other instanceof AccessDecision && JSON.stringify(other.verdict) === JSON.stringify(this.verdict);
  }
}
