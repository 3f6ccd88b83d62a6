/**
 * A map in order of its keys (a B+ tree) whose snapshots are free: a snapshot shares all nodes, and the next writes copy
 * only what they change. So a LIST streams one consistent state for as long as its reader takes, while writes go on.
 */
const MAX_FANOUT = 64;
const MERGE_BELOW = MAX_FANOUT / 4;

interface Owner {
  readonly owner: true;
}

interface Leaf<V> {
  readonly leaf: true;
  owner: Owner;
  keys: string[];
  values: V[];
}

interface Branch<V> {
  readonly leaf: false;
  owner: Owner;
  /** keys[i] is at most the smallest key under children[i]; keys[0] is not compared. */
  keys: string[];
  children: TreeNode<V>[];
  size: number;
}

type TreeNode<V> = Leaf<V> | Branch<V>;

/** One state of an OrderedMap, unchanged by later writes. */
export class OrderedView<V> {
  readonly #root: TreeNode<V>;

  constructor(root: TreeNode<V>) {
    this.#root = root;
  }

  get size(): number {
    return sizeOf(this.#root);
  }

  get(key: string): V | undefined {
    return lookup(this.#root, key);
  }

  /** Values with start <= key < end, in order; an `end` of "" is no bound. */
  range(start: string, end: string): IterableIterator<V> {
    return new RangeIterator(this.#root, start, end);
  }

  /** How many keys lie in the range, without visiting them. */
  count(start: string, end: string): number {
    return (end === "" ? this.size : rank(this.#root, end)) - rank(this.#root, start);
  }
}

export class OrderedMap<V> {
  #owner: Owner = { owner: true };
  #root: TreeNode<V> = { leaf: true, owner: this.#owner, keys: [], values: [] };

  get size(): number {
    return sizeOf(this.#root);
  }

  get(key: string): V | undefined {
    return lookup(this.#root, key);
  }

  /** The present state; costs nothing but copies of what is written later. */
  snapshot(): OrderedView<V> {
    this.#owner = { owner: true };
    return new OrderedView(this.#root);
  }

  set(key: string, value: V): void {
    this.#root = owned(this.#root, this.#owner);
    insert(this.#root, key, value, this.#owner);
    const right = split(this.#root, this.#owner);
    if (right === undefined) return;
    this.#root = { leaf: false, owner: this.#owner, keys: [firstKey(this.#root), firstKey(right)], children: [this.#root, right], size: sizeOf(this.#root) + sizeOf(right) };
  }

  /** True when the key was there. */
  delete(key: string): boolean {
    if (lookup(this.#root, key) === undefined) return false;
    this.#root = owned(this.#root, this.#owner);
    remove(this.#root, key, this.#owner);
    if (!this.#root.leaf && this.#root.children.length === 1) this.#root = this.#root.children[0]!;
    return true;
  }
}

function sizeOf<V>(node: TreeNode<V>): number {
  return node.leaf ? node.keys.length : node.size;
}

function firstKey<V>(node: TreeNode<V>): string {
  return node.keys[0] ?? "";
}

/** The node itself when it is ours to change, else a copy that is. */
function owned<V>(node: TreeNode<V>, owner: Owner): TreeNode<V> {
  if (node.owner === owner) return node;
  return node.leaf ? { leaf: true, owner, keys: node.keys.slice(), values: node.values.slice() } : { leaf: false, owner, keys: node.keys.slice(), children: node.children.slice(), size: node.size };
}

/** Index of the first key >= `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the child whose range holds `key`. */
function childIndex<V>(branch: Branch<V>, key: string): number {
  const index = lowerBound(branch.keys, key);
  return branch.keys[index] === key ? index : Math.max(0, index - 1);
}

function lookup<V>(root: TreeNode<V>, key: string): V | undefined {
  let node = root;
  while (!node.leaf) node = node.children[childIndex(node, key)]!;
  const index = lowerBound(node.keys, key);
  return node.keys[index] === key ? node.values[index] : undefined;
}

function insert<V>(node: TreeNode<V>, key: string, value: V, owner: Owner): boolean {
  if (node.leaf) {
    const index = lowerBound(node.keys, key);
    if (node.keys[index] === key) {
      node.values[index] = value;
      return false;
    }
    node.keys.splice(index, 0, key);
    node.values.splice(index, 0, value);
    return true;
  }
  const index = childIndex(node, key);
  const child = owned(node.children[index]!, owner);
  node.children[index] = child;
  const grew = insert(child, key, value, owner);
  if (!grew) return false;
  node.size++;
  node.keys[index] = firstKey(child);
  const right = split(child, owner);
  if (right !== undefined) {
    node.keys.splice(index + 1, 0, firstKey(right));
    node.children.splice(index + 1, 0, right);
  }
  return true;
}

/** Cuts a node that is too full; returns its new right half. */
function split<V>(node: TreeNode<V>, owner: Owner): TreeNode<V> | undefined {
  if (node.keys.length <= MAX_FANOUT) return undefined;
  const middle = node.keys.length >>> 1;
  if (node.leaf) return { leaf: true, owner, keys: node.keys.splice(middle), values: node.values.splice(middle) };
  const children = node.children.splice(middle);
  const size = children.reduce((sum, child) => sum + sizeOf(child), 0);
  node.size -= size;
  return { leaf: false, owner, keys: node.keys.splice(middle), children, size };
}

function remove<V>(node: TreeNode<V>, key: string, owner: Owner): void {
  if (node.leaf) {
    const index = lowerBound(node.keys, key);
    node.keys.splice(index, 1);
    node.values.splice(index, 1);
    return;
  }
  const index = childIndex(node, key);
  const child = owned(node.children[index]!, owner);
  node.children[index] = child;
  node.size--;
  remove(child, key, owner);
  if (child.keys.length < MERGE_BELOW) mergeChild(node, index, owner);
}

/** Joins a sparse child with a neighbour where both fit in one node; drops it when it is empty. */
function mergeChild<V>(parent: Branch<V>, index: number, owner: Owner): void {
  if (parent.children.length === 1) return;
  const left = index > 0 ? index - 1 : index;
  const first = parent.children[left]!;
  const second = parent.children[left + 1]!;
  if (first.keys.length + second.keys.length > MAX_FANOUT / 2) return;
  const joined = owned(first, owner);
  if (joined.leaf && second.leaf) {
    joined.keys.push(...second.keys);
    joined.values.push(...second.values);
  } else if (!joined.leaf && !second.leaf) {
    joined.keys.push(...second.keys);
    joined.children.push(...second.children);
    joined.size += second.size;
  }
  parent.children.splice(left, 2, joined);
  parent.keys.splice(left + 1, 1);
}

/** How many keys are smaller than `key`. */
function rank<V>(root: TreeNode<V>, key: string): number {
  let node = root;
  let smaller = 0;
  while (!node.leaf) {
    const index = childIndex(node, key);
    for (let i = 0; i < index; i++) smaller += sizeOf(node.children[i]!);
    node = node.children[index]!;
  }
  return smaller + lowerBound(node.keys, key);
}

/** Goes through the leaves with a path of its own: a generator within a generator would pay at each level for each value. */
class RangeIterator<V> implements IterableIterator<V> {
  readonly #end: string;
  /** Branches above the present leaf, each with the index of the child that comes next. */
  readonly #path: { branch: Branch<V>; next: number }[] = [];
  #leaf: Leaf<V>;
  #index: number;
  /** The present leaf reaches beyond the end. */
  #last = false;

  constructor(root: TreeNode<V>, start: string, end: string) {
    this.#end = end;
    let node = root;
    while (!node.leaf) {
      const index = childIndex(node, start);
      this.#path.push({ branch: node, next: index + 1 });
      node = node.children[index]!;
    }
    this.#leaf = node;
    this.#index = lowerBound(node.keys, start);
    this.#check();
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<V, undefined> {
    while (this.#index >= this.#leaf.keys.length) {
      if (this.#last || !this.#advance()) return { done: true, value: undefined };
    }
    if (this.#last && this.#leaf.keys[this.#index]! >= this.#end) {
      this.#index = this.#leaf.keys.length;
      return { done: true, value: undefined };
    }
    return { done: false, value: this.#leaf.values[this.#index++]! };
  }

  #advance(): boolean {
    for (let top = this.#path.at(-1); top !== undefined; top = this.#path.at(-1)) {
      if (top.next >= top.branch.children.length) {
        this.#path.pop();
        continue;
      }
      let node = top.branch.children[top.next++]!;
      while (!node.leaf) {
        this.#path.push({ branch: node, next: 1 });
        node = node.children[0]!;
      }
      this.#leaf = node;
      this.#index = 0;
      this.#check();
      return true;
    }
    return false;
  }

  #check(): void {
    const { keys } = this.#leaf;
    this.#last = this.#end !== "" && keys.length > 0 && keys[keys.length - 1]! >= this.#end;
  }
}
