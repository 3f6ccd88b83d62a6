/** Longest name of a manager, in bytes. */
const MAX_BYTES = 128;

/** The manager of a write: what the query says, or the program in the User-Agent header (what is before the first `/`). */
export function managerName(fieldManager: string, userAgent: string): string {
  return fieldManager === "" ? programName(userAgent) : fieldManager;
}

/** Names by User-Agent: a few programs make nearly all requests. */
const names = new Map<string, string>();
const MAX_NAMES = 256;
const MAX_AGENT_CHARS = 256;

function programName(userAgent: string): string {
  const known = names.get(userAgent);
  if (known !== undefined) return known;
  const name = printable(userAgent.split("/", 1)[0] ?? "");
  if (userAgent.length <= MAX_AGENT_CHARS) {
    if (names.size >= MAX_NAMES) names.clear();
    names.set(userAgent, name);
  }
  return name;
}

function printable(text: string): string {
  let name = "";
  let bytes = 0;
  for (const character of text) {
    if (!PRINTABLE.test(character)) continue;
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_BYTES) break;
    name += character;
  }
  return name;
}

/** As Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the blank. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
