import type { Eviction } from "../../wire.ts";
import type { BodyKind } from "../kind.ts";

/** Body of `POST pods/NAME/eviction`. */
export const eviction: BodyKind<Eviction> = { group: "policy", version: "v1", kind: "Eviction", definition: "io.k8s.api.policy.v1.Eviction" };
