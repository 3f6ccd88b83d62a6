/** Where a pod spec stands: some rules are a pod's alone. */
export interface PodOptions {
  /** The spec is a pod's, not a template's. */
  readonly isPod: boolean;
  readonly allowPrivileged: boolean;
  /** The pod's name: names of claims that are made for it. Absent for templates. */
  readonly podName?: string;
}
