import type { PurgeOptions, Shim, ShimOptions } from "./options.ts";

export type { PurgeOptions, Shim, ShimOptions } from "./options.ts";

/** A CRI v1 runtime that serves on `options.listen`. Needs root and Node with node:ffi (26.1 or newer). */
export declare function createShim(options: ShimOptions): Shim;

/**
 * Stops and removes every sandbox and container, the bridge, the pod range's route and all mounts, namespaces and cgroups
 * of a data directory whose shim is not running; with `removeData` the directory too. Rejects when a shim holds it.
 */
export declare function purgeRuntime(options: PurgeOptions): Promise<void>;

/** What an import brought: names and image id (config digest). */
export interface ImportedImage {
  readonly id: string;
  readonly names: readonly string[];
}

/** Has the running shim at `endpoint` (`unix://…`) import an OCI layout directory or an OCI or Docker archive, by absolute path. */
export declare function importImage(endpoint: string, path: string): Promise<ImportedImage[]>;
