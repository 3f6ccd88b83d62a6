import test from "ava";
import { parseCsv } from "./csv.ts";

const read = (text: string, ...columns: string[]) => parseCsv(text).map((row) => columns.map((column) => row.cell(column)));

test("cells go by header, whatever the order of columns; a missing column and a short row read as empty", (t) => {
  t.deepEqual(read("b,a\n1,2\n3\n", "a", "b", "c"), [["2", "1", ""], ["", "3", ""]]);
  t.deepEqual(read(" Name , CPU_milli\nx, 5 \n", "name", "cpu_milli"), [["x", "5"]]);
});

test("LF, CRLF and CR end lines, also the last; empty lines and a byte order mark are skipped", (t) => {
  for (const end of ["\n", "\r\n", "\r"]) {
    t.deepEqual(read(`a,b${end}1,2${end}${end}3,4`, "a", "b"), [["1", "2"], ["3", "4"]]);
    t.deepEqual(read(`\uFEFFa,b${end}1,${end}`, "a", "b"), [["1", ""]]);
  }
});

test("cells in quotes hold commas, quotes and line ends; rows know their line", (t) => {
  const rows = parseCsv('a,"b c"\r\n"1,5","say ""x"""\r\n"two\r\nlines",\n7,8');
  t.deepEqual(rows.map((row) => [row.line, row.cell("a"), row.cell("b c")]), [[2, "1,5", 'say "x"'], [3, "two\r\nlines", ""], [5, "7", "8"]]);
});

test("an empty text and a header alone have no rows", (t) => {
  for (const text of ["", "\n", "\uFEFF", "a,b", "a,b\r\n"]) t.deepEqual(parseCsv(text), []);
});

test("an open quote is an error that names its line", (t) => {
  t.throws(() => parseCsv('a,b\n1,"2\n'), { message: /line 2/ });
  t.throws(() => parseCsv('a,b\n"1"x,2\n'), { message: /line 2/ });
});
