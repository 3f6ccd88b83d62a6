import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import { MAX_SCORE, type NodeScore } from "./score.ts";

const MIB = 1024 * 1024;
/** Images smaller than this in sum make no difference; beyond the most, times the containers, there is no more to gain. */
const LEAST_BYTES = 23 * MIB;
const MOST_BYTES_PER_CONTAINER = 1000 * MIB;

/** The more bytes of the pod's images the node has already, the better; an image counts by the share of the nodes that have it, so that pods do not all go to the one that does. */
export function imageLocality(snapshot: ClusterSnapshot): NodeScore {
  return {
    name: "ImageLocality",
    defaultWeight: 0,
    epoch: () => snapshot.images.epoch,
    compile(shape) {
      const wanted = shape.images.filter((image) => image !== "").map(normalised);
      if (wanted.length === 0) return undefined;
      const most = MOST_BYTES_PER_CONTAINER * wanted.length;
      return (node) => {
        let sum = 0;
        for (const image of wanted) {
          const size = snapshot.nodes[node]!.images.get(image);
          if (size !== undefined) sum += size * (snapshot.images.nodesWith(image) / snapshot.nodeCount);
        }
        return (MAX_SCORE * (Math.min(most, Math.max(LEAST_BYTES, sum)) - LEAST_BYTES)) / (most - LEAST_BYTES);
      };
    },
  };
}

/** Nodes name images with their tag. */
function normalised(image: string): string {
  return image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;
}
