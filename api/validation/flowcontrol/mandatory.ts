import type { FlowSchema, PriorityLevelConfiguration } from "../../wire.ts";

type FlowSpec = NonNullable<FlowSchema["spec"]>;
type LevelSpec = NonNullable<PriorityLevelConfiguration["spec"]>;

const everything = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};

const groups = (...names: string[]) => names.map((name) => ({ kind: "Group", group: { name } }));

/** What schemas of these names must say: what is never limited, and what takes all that is left. */
export const mandatoryFlowSchemas: ReadonlyMap<string, FlowSpec> = new Map([
  ["exempt", { priorityLevelConfiguration: { name: "exempt" }, matchingPrecedence: 1, rules: [{ subjects: groups("system:masters"), ...everything }] }],
  [
    "catch-all",
    {
      priorityLevelConfiguration: { name: "catch-all" },
      matchingPrecedence: 10_000,
      distinguisherMethod: { type: "ByUser" },
      rules: [{ subjects: groups("system:unauthenticated", "system:authenticated"), ...everything }],
    },
  ],
]);

/** The same for levels. Of `exempt` the shares may be changed. */
export const mandatoryPriorityLevels: ReadonlyMap<string, LevelSpec> = new Map([
  ["exempt", { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }],
  ["catch-all", { type: "Limited", limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: "Reject" } } }],
]);
