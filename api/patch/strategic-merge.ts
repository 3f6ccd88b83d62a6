type Json = Record<string, unknown>;

/** Strategic merge of a patch into a copy of an object of the definition, all directives included. @throws StatusError as kube-apiserver words it */
export declare function applyStrategicMergePatch(definition: string, object: Json, patch: unknown): Json;

/** The strategic merge patch that turns `original` into `modified`. */
export declare function createTwoWayPatch(definition: string, original: Json, modified: Json): Json;

/** Client-side apply: what changes from `original` (last applied) to `modified` against `current`. */
export declare function createThreeWayPatch(definition: string, original: Json, modified: Json, current: Json): Json;
