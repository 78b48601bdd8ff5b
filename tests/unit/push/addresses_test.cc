#include "push/addresses.h"

#include <gtest/gtest.h>

namespace paytick::push {
namespace {

TEST(Addresses, ThePublicInternetIsReached) {
  for (const char* address : {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255",
                              "172.32.0.1", "192.169.0.1", "223.255.255.255", "2606:4700:4700::1111",
                              "2a00:1450:4001:80e::200e", "::ffff:8.8.8.8", "64:ff9b::808:808"})
    EXPECT_TRUE(is_public_address(address)) << address;
}

TEST(Addresses, WhatIsOursIsNot) {
  for (const char* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "127.0.0.1",
                              "127.255.255.254",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.8",
                              "192.0.2.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.1",
                              "203.0.113.7",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fc00::1",
                              "fd12::1",
                              "fe80::1",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "64:ff9b::7f00:1",
                              "2002:7f00:1::1",
                              "2001::1",
                              "2001:db8::1",
                              "3fff::1",
                              "localhost",
                              "",
                              "127.1",
                              "0x7f.0.0.1"})
    EXPECT_FALSE(is_public_address(address)) << address;
}

}  // namespace
}  // namespace paytick::push
