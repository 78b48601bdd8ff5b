// Frames that are taken without Beast, and those that are left to it.

#include "ingest/server/ws_frames.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace paytick::ingest::server {
namespace {

// A client's frame, with the length in `length_bytes` (0: in seven bits).
std::string frame_of(unsigned char first, std::string payload, unsigned length_bytes = 0) {
  std::string out(1, static_cast<char>(first));
  const std::size_t size = payload.size();
  const unsigned marker = length_bytes == 8 ? 127U : length_bytes == 2 ? 126U : static_cast<unsigned>(size);
  out += static_cast<char>(0x80U | marker);
  for (unsigned i = length_bytes; i-- > 0;) out += static_cast<char>(size >> (8 * i) & 0xffU);
  const char key[4] = {'\x12', '\x9a', '\x00', '\xff'};
  out.append(key, 4);
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(payload[i] ^ key[i % 4]);
  return out;
}

TEST(WsFrames, OrdinaryOnesAreTakenOneAfterTheOther) {
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 104U, 125U}) {
    std::string text(size, 'a');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(' ' + i % 90);
    std::string data = frame_of(0x81, text) + frame_of(0x8a, "x") + frame_of(0x89, "beat") + "rest";
    auto frame = take_whole_frame(data.data(), data.size());
    ASSERT_TRUE(frame) << size;
    EXPECT_EQ(frame->kind, WholeFrame::Kind::text);
    EXPECT_EQ(std::string(frame->payload, frame->size), text);
    std::size_t at = frame->frame_size;
    frame = take_whole_frame(data.data() + at, data.size() - at);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->kind, WholeFrame::Kind::pong);
    at += frame->frame_size;
    frame = take_whole_frame(data.data() + at, data.size() - at);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->kind, WholeFrame::Kind::ping);
    EXPECT_EQ(std::string(frame->payload, frame->size), "beat");
    at += frame->frame_size;
    EXPECT_FALSE(take_whole_frame(data.data() + at, data.size() - at));
    EXPECT_EQ(data.substr(at), "rest");
  }
}

TEST(WsFrames, LongerOnesSayTheirLengthInTwoBytes) {
  for (const std::size_t size : {126U, 1'000U, 65'535U}) {
    std::string data = frame_of(0x81, std::string(size, 'q'), 2);
    const auto frame = take_whole_frame(data.data(), data.size());
    ASSERT_TRUE(frame) << size;
    EXPECT_EQ(std::string(frame->payload, frame->size), std::string(size, 'q'));
    EXPECT_EQ(frame->frame_size, data.size());
  }
}

TEST(WsFrames, TheRestIsLeftAsItWas) {
  std::string unmasked = "\x81\x05Hello....";
  const std::string cases[] = {
      "",
      "\x81",
      unmasked,
      frame_of(0x01, "begin"),                                  // to be continued
      frame_of(0x80, "end"),                                    // continued
      frame_of(0x82, "binary"),                                 // not text
      frame_of(0x88, std::string("\x03\xe8", 2)),               // close
      frame_of(0xc1, "deflated"),                               // a bit that was not agreed upon
      frame_of(0x81, "gr\xc3\xbc\xc3\x9f dich"),                // not ASCII: Beast says whether it is UTF-8
      frame_of(0x81, std::string(103, 'a') + "\xff"),           // not UTF-8
      frame_of(0x81, "short", 2),                               // a length longer than it must be
      frame_of(0x81, std::string(70'000, 'a'), 8),              // too long for two bytes
      frame_of(0x89, std::string(200, 'p'), 2),                 // a ping that is too long
      frame_of(0x81, std::string(300, 'a'), 2).substr(0, 200),  // not there yet
      frame_of(0x81, std::string(50, 'a')).substr(0, 55),
  };
  for (const std::string& bytes : cases) {
    std::string data = bytes;
    EXPECT_FALSE(take_whole_frame(data.data(), data.size())) << testing::PrintToString(bytes.substr(0, 20));
    EXPECT_EQ(data, bytes);
  }
}

TEST(WsFrames, WhateverComesNothingBeyondItIsTouched) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string data(random() % 40, '\0');
    for (char& c : data) c = static_cast<char>(random());
    if (data.size() > 1 && round % 2 == 0)
      data[0] = '\x81', data[1] = static_cast<char>(0x80 | random() % 40);
    const std::string before = data;
    const std::size_t given = data.size() / 2;
    const auto frame = take_whole_frame(data.data(), given);
    EXPECT_EQ(data.substr(given), before.substr(given));
    if (frame) {
      EXPECT_LE(frame->frame_size, given);
      EXPECT_EQ(frame->payload + frame->size, data.data() + frame->frame_size);
    } else {
      EXPECT_EQ(data, before);
    }
  }
}

TEST(WsFrames, OursSayTheirLengthInTheFewestBytes) {
  std::string out;
  append_text_frame("hi", out);
  EXPECT_EQ(out, "\x81\x02hi");
  out.clear();
  append_text_frame(std::string(126, 'a'), out);
  EXPECT_EQ(out, std::string("\x81\x7e\x00\x7e", 4) + std::string(126, 'a'));
  out.clear();
  append_text_frame(std::string(65'536, 'a'), out);
  EXPECT_EQ(out.substr(0, 10), std::string("\x81\x7f\0\0\0\0\0\x01\0\0", 10));
  out.clear();
  append_ping_frame(out);
  append_pong_frame("x", out);
  EXPECT_EQ(out, std::string("\x89\x00\x8a\x01x", 5));
}

}  // namespace
}  // namespace paytick::ingest::server
