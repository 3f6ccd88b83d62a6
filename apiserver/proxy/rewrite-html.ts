import type { IncomingMessage } from "node:http";
import { pipeline, type Readable, Transform, type TransformCallback } from "node:stream";
import { createGunzip, createInflate } from "node:zlib";
import { type Rewriting, rewriteLocation } from "./rewrite-url.ts";

/** Attributes that hold a link, by element (HTML 5 and what came before it). */
const LINKS: Readonly<Record<string, readonly string[]>> = {
  a: ["href"], applet: ["codebase"], area: ["href"], audio: ["src"], base: ["href"], blockquote: ["cite"], body: ["background"], button: ["formaction"], command: ["icon"],
  del: ["cite"], embed: ["src"], form: ["action"], frame: ["longdesc", "src"], head: ["profile"], html: ["manifest"], iframe: ["longdesc", "src"], img: ["longdesc", "src", "usemap"],
  input: ["src", "usemap", "formaction"], ins: ["cite"], link: ["href"], object: ["classid", "codebase", "data", "usemap"], q: ["cite"], script: ["src"], source: ["src"], video: ["poster", "src"],
};
/** Elements whose content is text, whatever it looks like. */
const RAW_TEXT = new Set(["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"]);
/** A tag that is longer than this passes as it is. */
const MAX_TAG_CHARACTERS = 64 << 10;
const ATTRIBUTE = /([^\s"'<>/=]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))/g;

/** The answer's body with its links led back under the prefix; undefined when it is not HTML or in an encoding that we do not read. */
export function rewriteHtml(answer: IncomingMessage, rewriting: Rewriting): Readable | undefined {
  const type = (answer.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "text/html") return undefined;
  const rewriter = new HtmlRewriter(rewriting);
  // A body that breaks off breaks off for the reader too.
  const done = () => undefined;
  switch ((answer.headers["content-encoding"] ?? "").toLowerCase()) {
    case "":
    case "identity":
      return pipeline(answer, rewriter, done);
    case "gzip":
      return pipeline(answer, createGunzip(), rewriter, done);
    case "deflate":
      return pipeline(answer, createInflate(), rewriter, done);
    default:
      return undefined;
  }
}

/** Rewrites tags as they pass; keeps at most one tag. Works on bytes as Latin-1 characters: all that matters is ASCII, and the rest stays what it was. */
class HtmlRewriter extends Transform {
  readonly #rewriting: Rewriting;
  #held = "";
  /** The end of what is being skipped: a comment's, or a raw element's end tag. */
  #until: string | undefined;
  /** How far an unfinished tag has been read, so that many small pieces do not cost a search each. */
  #scan: TagScan = { offset: 1, quote: "" };

  constructor(rewriting: Rewriting) {
    super();
    this.#rewriting = rewriting;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#held += chunk.toString("latin1");
    this.#emit(this.#take(false));
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#emit(this.#take(true));
    done();
  }

  #emit(text: string): void {
    if (text !== "") this.push(Buffer.from(text, "latin1"));
  }

  /** All that can be let go; what may be the beginning of something stays. */
  #take(last: boolean): string {
    let out = "";
    let at = 0;
    while (at < this.#held.length) {
      const next = this.#until === undefined ? this.#tag(at, last) : this.#skip(at, last);
      if (next === undefined) break;
      out += next.text;
      at = next.end;
    }
    this.#held = this.#held.slice(at);
    return out;
  }

  /** Text up to and with the next tag. */
  #tag(at: number, last: boolean): { text: string; end: number } | undefined {
    const held = this.#held;
    const open = held.indexOf("<", at);
    if (open < 0) return { text: held.slice(at), end: held.length };
    if (open > at) return { text: held.slice(at, open), end: open };
    if (held.length < at + 4 && !last) return undefined;
    if (held.startsWith("<!--", at)) {
      this.#until = "-->";
      return { text: "<!--", end: at + 4 };
    }
    if (!/[a-zA-Z]/.test(held[at + 1] ?? "")) return { text: "<", end: at + 1 };
    const close = tagEnd(held, at, this.#scan);
    if (close < 0 && !last && held.length - at <= MAX_TAG_CHARACTERS) return undefined;
    this.#scan = { offset: 1, quote: "" };
    if (close < 0) return { text: held.slice(at), end: held.length };
    const text = held.slice(at, close);
    const name = /^<([a-zA-Z][^\s/>]*)/.exec(text)?.[1]?.toLowerCase() ?? "";
    if (RAW_TEXT.has(name) && !text.endsWith("/>")) this.#until = `</${name}`;
    return { text: this.#rewritten(name, text), end: close };
  }

  /** What is no markup, up to and with its end. */
  #skip(at: number, last: boolean): { text: string; end: number } | undefined {
    const until = this.#until ?? "";
    const found = this.#held.slice(at).toLowerCase().indexOf(until);
    if (found >= 0) {
      this.#until = undefined;
      const end = at + found + until.length;
      return { text: this.#held.slice(at, end), end };
    }
    const end = last ? this.#held.length : Math.max(at, this.#held.length - until.length + 1);
    return end === at ? undefined : { text: this.#held.slice(at, end), end };
  }

  #rewritten(name: string, tag: string): string {
    const attributes = Object.hasOwn(LINKS, name) ? LINKS[name] : undefined;
    if (attributes === undefined) return tag;
    const head = name.length + 1;
    return tag.slice(0, head) + tag.slice(head).replace(ATTRIBUTE, (whole, attribute: string, equals: string, double?: string, single?: string, bare?: string) => {
      if (!attributes.includes(attribute.toLowerCase())) return whole;
      const link = (double ?? single ?? bare ?? "").trim();
      const rewritten = rewriteLocation(link, this.#rewriting);
      if (rewritten === link) return whole;
      const quote = single === undefined ? '"' : "'";
      return `${attribute}${equals}${quote}${rewritten}${quote}`;
    });
  }
}

/** Where reading a tag that has not ended goes on: characters after its `<`, and the quote that is open. */
interface TagScan {
  offset: number;
  quote: string;
}

/** The index after the tag's `>`, which may also stand in quotes; -1 when it has not come yet. */
function tagEnd(text: string, from: number, scan: TagScan): number {
  for (; from + scan.offset < text.length; scan.offset++) {
    const at = from + scan.offset;
    const character = text[at]!;
    if (scan.quote !== "") {
      if (character === scan.quote) scan.quote = "";
    } else if ((character === '"' || character === "'") && /=\s*$/.test(text.slice(Math.max(from, at - 8), at))) scan.quote = character;
    else if (character === ">") return at + 1;
  }
  return -1;
}
