import type { Scale } from "../../wire.ts";
import type { BodyKind } from "../kind.ts";

/** What `/scale` shows and takes, for every kind that has it. */
export const scale: BodyKind<Scale> = { group: "autoscaling", version: "v1", kind: "Scale", definition: "io.k8s.api.autoscaling.v1.Scale" };
