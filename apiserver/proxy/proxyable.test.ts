import test from "ava";
import { requireProxyable } from "./proxyable.ts";

test("nobody is proxied to loopback, link-local, multicast or no address, however it is written", (t) => {
  for (const ip of ["127.0.0.1", "127.8.8.8", "169.254.169.254", "0.0.0.0", "224.0.0.1", "239.1.2.3", "255.255.255.255", "::", "::1", "0:0:0:0:0:0:0:1", "0000::0001", "::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:1", "::FFFF:169.254.169.254", "fe80::1", "FEBF::1", "ff02::1", "", "localhost"]) {
    t.throws(() => requireProxyable(ip), { message: "address not allowed" }, ip);
  }
  for (const ip of ["10.0.0.1", "192.168.1.1", "172.16.0.1", "fd00::1", "2001:db8::1", "::ffff:10.0.0.1"]) t.notThrows(() => requireProxyable(ip), ip);
});
