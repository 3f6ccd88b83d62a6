import test from "ava";
import fc from "fast-check";
import { parseClusterCidrs, RangeAllocator } from "./allocator.ts";
import { formatCidr, overlaps, parseCidr, subnet } from "./cidr.ts";

test("texts of ranges", (t) => {
  for (const text of ["10.244.0.0/16", "0.0.0.0/0", "255.255.255.255/32", "fd00:10:244::/56", "::/0", "2001:db8::1:0:0:1/128", "1:0:2::/64", "1:2:3:4:5:6:7:8/128"]) t.is(formatCidr(parseCidr(text)), text);
  t.is(formatCidr(parseCidr("10.244.3.7/16")), "10.244.0.0/16");
  t.is(formatCidr(parseCidr("::ffff:1.2.3.4/128")), "::ffff:102:304/128");
  for (const bad of ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8", "10.0.0.0/8/8", "::/129", "fe80::1%eth0/64", "10.0.0.0/-1"]) t.throws(() => parseCidr(bad), { message: /is not a range of addresses/ });
});

test("subnets follow one another and overlap only their parents", (t) => {
  const range = parseCidr("10.244.0.0/16");
  t.is(formatCidr(subnet(range, 24, 0n)), "10.244.0.0/24");
  t.is(formatCidr(subnet(range, 24, 255n)), "10.244.255.0/24");
  t.is(formatCidr(subnet(parseCidr("fd00::/56"), 64, 17n)), "fd00:0:0:11::/64");
  t.true(overlaps(range, parseCidr("10.244.7.0/24")));
  t.false(overlaps(range, parseCidr("10.245.0.0/24")));
  t.false(overlaps(range, parseCidr("::/0")));
});

test("cluster ranges that do not suit are refused with the reason", (t) => {
  t.throws(() => new RangeAllocator(parseCidr("10.0.0.0/25")), { message: /smaller than one node's \/24/ });
  t.throws(() => new RangeAllocator(parseCidr("10.0.0.0/7")), { message: /too large/ });
  t.throws(() => parseClusterCidrs("10.0.0.0/16,10.1.0.0/16"), { message: /one of IPv4 and one of IPv6/ });
  t.is(parseClusterCidrs("10.0.0.0/16, fd00::/56").length, 2);
});

test("no range is given twice, and all of them are given", (t) => {
  fc.assert(
    fc.property(fc.array(fc.record({ give: fc.boolean(), index: fc.nat(15) }), { maxLength: 80 }), (steps) => {
      const allocator = new RangeAllocator(parseCidr("10.9.0.0/20"));
      const given: string[] = [];
      for (const { give, index } of steps) {
        if (give) {
          const range = allocator.findFree();
          t.is(range === undefined, given.length === 16);
          if (range === undefined) continue;
          t.false(given.includes(range));
          allocator.take(range);
          given.push(range);
        } else if (index < given.length) allocator.release(given.splice(index, 1)[0] ?? "");
      }
    }),
  );
});

test("a range of another size that somebody set by hand is kept clear", (t) => {
  const allocator = new RangeAllocator(parseCidr("10.9.0.0/22"));
  allocator.take("10.9.0.0/23");
  t.is(allocator.findFree(), "10.9.2.0/24");
  allocator.take("10.9.2.0/24");
  t.is(allocator.findFree(), "10.9.3.0/24");
  allocator.take("10.9.3.0/24");
  t.is(allocator.findFree(), undefined);
  allocator.release("10.9.0.0/23");
  t.is(allocator.findFree(), "10.9.0.0/24");
  allocator.take("bad");
  allocator.take("192.168.0.0/24");
});
