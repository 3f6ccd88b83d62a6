import type { Gangs } from "../gang/gangs.ts";
import type { Budgets } from "../preempt/budgets.ts";
import type { Nominations } from "../preempt/nominations.ts";
import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import type { VolumeIndex } from "../volume/volume-index.ts";
import type { Workloads } from "./default-spread.ts";
import type { RelationIndex } from "./relation-index.ts";

/** All that rules may look at. */
export interface ClusterState {
  readonly snapshot: ClusterSnapshot;
  readonly relations: RelationIndex;
  readonly nominations: Nominations;
  readonly budgets: Budgets;
  readonly volumes: VolumeIndex;
  readonly gangs: Gangs;
  readonly workloads: Workloads;
}
