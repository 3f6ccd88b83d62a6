/** Where something stands: lines and columns from 0. */
export interface Mark {
  readonly index: number;
  readonly line: number;
  readonly column: number;
}

export type Token =
  | { readonly type: "stream-end" | "document-start" | "document-end"; readonly mark: Mark }
  | { readonly type: "block-sequence-start" | "block-mapping-start" | "block-end"; readonly mark: Mark }
  | { readonly type: "flow-sequence-start" | "flow-sequence-end" | "flow-mapping-start" | "flow-mapping-end"; readonly mark: Mark }
  | { readonly type: "block-entry" | "flow-entry" | "key" | "value"; readonly mark: Mark }
  | { readonly type: "directive"; readonly mark: Mark; readonly name: string; readonly value: string }
  | { readonly type: "alias" | "anchor" | "tag"; readonly mark: Mark; readonly value: string }
  | { readonly type: "scalar"; readonly mark: Mark; readonly value: string; readonly plain: boolean };

export type TokenType = Token["type"];

/** A text that is not YAML; message is libyaml's wording with the line as go-yaml counts it. */
export class YamlSyntaxError extends Error {
  override readonly name = "YamlSyntaxError";
}

/** The scanner's complaints are numbered from 1 (but not on the first line), the parser's from 0. */
export function scannerError(problem: string, mark: Mark, context?: Mark): YamlSyntaxError {
  return located(problem, mark.line === 0 ? 0 : mark.line + 1, context);
}

export function parserError(problem: string, mark: Mark, context?: Mark): YamlSyntaxError {
  return located(problem, mark.line, context);
}

function located(problem: string, line: number, context: Mark | undefined): YamlSyntaxError {
  const shown = line === 0 ? (context?.line ?? 0) : line;
  return new YamlSyntaxError(shown === 0 ? problem : `line ${shown}: ${problem}`);
}
