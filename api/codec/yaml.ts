/** YAML (1.1 booleans, as Kubernetes reads it) → JSON value. Aliases bounded. @throws StatusError 400 with Kubernetes' wording */
export declare function parseYaml(text: string): unknown;

/** A JSON value → YAML with sorted keys, as kube-apiserver and kubectl write it. */
export declare function formatYaml(value: unknown): string;
