import type { Packed } from "./pack.ts";

/** Nodes of one picture. */
const MAX_NODES = 200;
const PER_ROW = 20;
const COLUMN = 14;
const HEIGHT = 120;
const GAP = 12;
const MARGIN = 16;
const MAX_RESOURCES = 4;

function xmlText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The same colour for the same workload, in every picture. */
function colourOf(workload: string): string {
  let hash = 0;
  for (const character of workload) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return `hsl(${hash % 360} ${50 + (hash % 30)}% ${45 + (hash % 20)}%)`;
}

/** Each node a box with a column for each dimension, each pod a block in it; the name of a pod shows under the pointer. */
export function svgOf({ summary, nodesNeeded, placed }: Packed): string {
  const resources = summary.dimensions.map(({ resource }) => resource).slice(0, MAX_RESOURCES);
  const nodes = summary.nodes.slice(0, MAX_NODES);
  const nodeWidth = COLUMN * resources.length + GAP;
  const perRow = Math.min(PER_ROW, Math.max(1, nodes.length));
  const rows = Math.ceil(nodes.length / PER_ROW);
  const width = Math.max(480, MARGIN * 2 + perRow * nodeWidth);
  const height = MARGIN * 2 + 48 + rows * (HEIGHT + 28);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="9">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="${MARGIN}" y="${MARGIN + 8}" font-size="13">${placed} pods, ${nodesNeeded} nodes opened${summary.nodes.length > nodes.length ? ` (the first ${nodes.length} of ${summary.nodes.length} are shown)` : ""}</text>`,
    `<text x="${MARGIN}" y="${MARGIN + 24}" fill="#555">columns of each node: ${xmlText(resources.join(", "))}</text>`,
  ];
  for (const [i, node] of nodes.entries()) {
    const x = MARGIN + (i % PER_ROW) * nodeWidth;
    const y = MARGIN + 40 + Math.floor(i / PER_ROW) * (HEIGHT + 28);
    parts.push(`<g transform="translate(${x} ${y})"><title>${xmlText(node.node)}: ${node.pods} pods</title>`);
    for (const [column, resource] of resources.entries()) {
      if (node.used[resource] === undefined) continue;
      parts.push(`<rect x="${column * COLUMN}" width="${COLUMN - 2}" height="${HEIGHT}" fill="#eee" stroke="#999" stroke-width="0.5"/>`);
      let top = HEIGHT;
      for (const { pod, workload, share } of node.holds) {
        const block = (share[resource] ?? 0) * HEIGHT;
        if (block <= 0) continue;
        top -= block;
        parts.push(`<rect x="${column * COLUMN}" y="${top.toFixed(2)}" width="${COLUMN - 2}" height="${block.toFixed(2)}" fill="${colourOf(workload)}" stroke="white" stroke-width="0.4"><title>${xmlText(pod)}: ${Math.round((share[resource] ?? 0) * 100)} % of ${xmlText(resource)}</title></rect>`);
      }
    }
    parts.push(`<text x="0" y="${HEIGHT + 11}" fill="#333">${xmlText(node.node.slice(-Math.max(4, Math.floor(nodeWidth / 5))))}</text></g>`);
  }
  parts.push("</svg>");
  return `${parts.join("\n")}\n`;
}
