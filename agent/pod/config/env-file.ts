/**
 * The value of `key` in an env file (KEP-3721): `NAME='value'` lines with single quotes, values over several lines, `#` comments. Read line
 * by line as kubelet does: what comes after the key is not looked at, and a blank before the value makes it empty.
 * @returns undefined when the key is not there, or empty
 * @throws Error for a line before it that is none of these
 */
export function envFileValue(text: string, key: string): string | undefined {
  const lines = text.replace(/\r\n/g, "\n").replace(/\n$/, "").split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] ?? "").replace(/^[ \t]+/, "");
    if (line === "" || line.startsWith("#")) continue;
    const problem = (words: string) => new Error(`invalid environment variable format at line ${at + 1}: ${words}`);
    const equals = line.indexOf("=");
    if (equals < 0) throw problem("missing '='");
    const name = line.slice(0, equals);
    if (name.trim() === "") throw problem("empty variable name");
    if (/[ \t]$/.test(name)) throw problem("whitespace before '=' is not allowed");
    let rest = line.slice(equals + 1);
    if (/^[ \t]/.test(rest)) {
      if (name === key) return undefined;
      continue;
    }
    if (!rest.startsWith("'")) throw problem("value must be enclosed in single quotes");
    rest = rest.slice(1);
    let value = "";
    for (let close = rest.indexOf("'"); close < 0; close = rest.indexOf("'")) {
      value += `${rest}\n`;
      at++;
      if (at >= lines.length) throw problem("unclosed single quote");
      rest = lines[at] ?? "";
    }
    const close = rest.indexOf("'");
    const after = rest.slice(close + 1).replace(/^[ \t]+/, "");
    if (after !== "" && !after.startsWith("#")) throw problem("unexpected content after closing quote");
    if (name === key) return value + rest.slice(0, close) || undefined;
  }
  return undefined;
}
