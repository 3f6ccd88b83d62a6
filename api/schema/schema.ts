import type { Definition, FieldSchema } from "./types.ts";

/** The definition of that name (`io.k8s.api.core.v1.Pod`); parsed at its first use. Throws for an unknown name. */
export declare function definition(name: string): Definition;

/** The definition of a kind, or undefined where it is not built in. DeleteOptions, CreateOptions… are known in every group version. */
export declare function definitionOfKind(group: string, version: string, kind: string): Definition | undefined;

/** A field of a definition by its JSON name. */
export declare function fieldOf(definition: Definition, name: string): FieldSchema | undefined;

/** Names of all definitions, sorted. */
export declare function definitionNames(): readonly string[];
