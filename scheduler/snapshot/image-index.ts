/** How many nodes have each image. */
export class ImageIndex {
  /** Another value after every change of a count, or of the number of nodes. */
  epoch = 0;
  readonly #nodes = new Map<string, number>();

  nodesWith(image: string): number {
    return this.#nodes.get(image) ?? 0;
  }

  /** A node that has these images came (1) or went (-1). */
  count(images: ReadonlyMap<string, number>, sign: 1 | -1): void {
    this.epoch++;
    for (const image of images.keys()) {
      const nodes = this.nodesWith(image) + sign;
      if (nodes === 0) this.#nodes.delete(image);
      else this.#nodes.set(image, nodes);
    }
  }
}
