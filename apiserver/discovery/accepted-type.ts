/**
 * The offered form that the header (Accept, Accept-Encoding) wants most, by quality, then by its own order; of a wildcard's the first. `offered`: name
 * in the header → what it stands for. Absent header: anything. undefined: nothing that is offered.
 */
export function acceptedType(accept: string | undefined, offered: Readonly<Record<string, string>>): string | undefined {
  const clauses = (accept === undefined || accept.trim() === "" ? "*/*" : accept)
    .split(",")
    .map((clause) => clause.split(";").map((part) => part.trim()))
    .map(([name = "", ...parameters]) => ({ name: name.toLowerCase(), quality: qualityOf(parameters) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { name } of clauses) {
    const found = Object.keys(offered).find((one) => name === one || name === "*/*" || name === "*" || (name.endsWith("/*") && one.startsWith(name.slice(0, -1))));
    if (found !== undefined) return offered[found];
  }
  return undefined;
}

function qualityOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  const quality = text === undefined ? 1 : Number(text);
  return Number.isFinite(quality) ? quality : 0;
}
