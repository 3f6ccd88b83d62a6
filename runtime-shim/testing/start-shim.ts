/** A shim in a network namespace of its own with an image to run, for tests of the shim and of its clients. */
export interface TestShim {
  /** `unix://…`, for a CRI client. */
  readonly endpoint: string;
  readonly dataDir: string;
  /** `localhost/busybox:test`: busybox-static with /bin/sh and all applets. */
  readonly image: string;
  /** Pid of the shim's process. */
  readonly pid: number;
  /** Path of its network namespace, which has lo up and no way out. */
  readonly networkNamespace: string;
  /** kill -9, then starts it again on the same data. */
  restart(): Promise<void>;
  /** Ends it and removes all that it made: containers, mounts, namespaces, cgroups, files. */
  stop(): Promise<void>;
}

export interface StartShimOptions {
  /** Pod range given by UpdateRuntimeConfig before this resolves; default `10.88.0.0/24`; null: none. */
  readonly podCidr?: string | null;
  /** Name of the failpoint at which the shim kills itself. */
  readonly failpoint?: string;
}

export declare function startShim(options?: StartShimOptions): Promise<TestShim>;
