import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import test from "ava";
import { rewriteHtml } from "./rewrite-html.ts";
import { rewriteLocation } from "./rewrite-url.ts";

const rewriting = { prefix: "/api/v1/namespaces/n/services/s/proxy", authority: "10.0.0.1:80", asked: "api.example:6443" };
const P = rewriting.prefix;

const links: [string, string][] = [
  ["/", `${P}/`],
  ["/a/b?c=d#e", `${P}/a/b?c=d#e`],
  ["/a/", `${P}/a/`],
  ["//other.example/x", "//other.example/x"],
  ["http://10.0.0.1:80/x", `${P}/x`],
  ["https://api.example:6443/x", `${P}/x`],
  [`${P}/x`, `${P}/x`],
  ["http://other.example/x", "http://other.example/x"],
  ["rel/x", "rel/x"],
  ["../x", "../x"],
  ["?q=1", "?q=1"],
  ["#top", "#top"],
  ["mailto:a@b", "mailto:a@b"],
  ["", ""],
];

for (const [link, wanted] of links) test(`a link ${JSON.stringify(link)}`, (t) => t.is(rewriteLocation(link, rewriting), wanted));

const rewritten = async (pieces: readonly Buffer[], headers: Record<string, string> = { "content-type": "text/html" }) => {
  const body = rewriteHtml(Object.assign(Readable.from(pieces), { headers }) as unknown as IncomingMessage, rewriting);
  return body === undefined ? undefined : await text(body);
};

const page = `<!DOCTYPE html><html><!-- <a href="/no"> --><head><title><a href="/no"></title><link rel=x href=/style.css></head>
<body><A HREF='/up' title="a > b">é</A><img alt="<a href='/no'>" src = "/i.png"/><form action="/f"><input value="/no"></form><script>if (a</b/) x = "<a href='/no'>";</script><iframe src="/frame"><a href="/no"></iframe><p>1 < 2 <a href=/last>`;
const wanted = page
  .replace("href=/style.css", `href="${P}/style.css"`)
  .replace("HREF='/up'", `HREF='${P}/up'`)
  .replace('src = "/i.png"', `src = "${P}/i.png"`)
  .replace('action="/f"', `action="${P}/f"`)
  .replace('src="/frame"', `src="${P}/frame"`)
  .replace("href=/last", `href="${P}/last"`);

test("links in tags are rewritten, what only looks like one is not", async (t) => {
  t.is(await rewritten([Buffer.from(page)]), wanted);
});

test("it is the same wherever the bytes are cut", async (t) => {
  const bytes = Buffer.from(page);
  t.is(await rewritten([...bytes].map((byte) => Buffer.from([byte]))), wanted);
  for (let at = 1; at < bytes.length; at += 7) t.is(await rewritten([bytes.subarray(0, at), bytes.subarray(at)]), wanted, `cut at ${at}`);
});

test("tags without end pass as they are, however long", async (t) => {
  for (const body of ["<a href=/x", `<a href="${"y".repeat(200_000)}`, "<", "<!-- no end", "<script>no end"]) t.is(await rewritten([Buffer.from(body)]), body);
});

test("what is no HTML, or in an encoding that we do not read, is left alone", async (t) => {
  t.is(await rewritten([], { "content-type": "text/plain" }), undefined);
  t.is(await rewritten([], { "content-type": "text/html", "content-encoding": "br" }), undefined);
});
