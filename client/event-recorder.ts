import type { Identified } from "./informer.ts";

export interface EventText {
  readonly type: "Normal" | "Warning";
  /** CamelCase, machine-readable: `FailedScheduling`. */
  readonly reason: string;
  /** At most 1024 characters are kept. */
  readonly message: string;
  /** events.k8s.io `action`. */
  readonly action?: string;
  /** `spec.containers{name}`: which part of the object. */
  readonly fieldPath?: string;
}

/** Records Events about objects: similar ones are counted or aggregated, floods are dropped. Never throws and never waits. */
export interface EventRecorder {
  event(object: Identified, text: EventText): void;
  /** Resolves when what was recorded so far is written or given up. */
  flush(): Promise<void>;
}
