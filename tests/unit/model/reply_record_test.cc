#include "model/reply_record.h"

#include <gtest/gtest.h>

#include "model/hash.h"

namespace paytick {
namespace {

template <typename Id>
Id named(std::string_view name) {
  Id id;
  blake2b(name, id.bytes);
  return id;
}

Reply paid() {
  Reply r;
  r.attachment = named<AttachmentId>("a");
  r.session = named<SessionId>("s");
  r.spendable = Amount(-5);
  r.paid_until = TimeMs{1'790'000'000'123};
  r.seq = 7;
  return r;
}

TEST(ReplyRecord, ComesBackAsItWent) {
  Reply halted = paid();
  halted.halt = HaltReason::content;
  halted.closed = true;
  Reply refused = paid();
  refused.refused = "unknown_attachment";
  std::string record;
  for (const Reply& reply : {paid(), halted, refused}) append_reply(reply, record);

  ReplyReader reader;
  const auto read = reader.read(record);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ((*read)[0].attachment, paid().attachment);
  EXPECT_EQ((*read)[0].session, paid().session);
  EXPECT_EQ((*read)[0].spendable, Amount(-5));
  EXPECT_EQ((*read)[0].paid_until, paid().paid_until);
  EXPECT_EQ((*read)[0].seq, 7U);
  EXPECT_FALSE((*read)[0].halt);
  EXPECT_FALSE((*read)[0].closed);
  EXPECT_EQ((*read)[1].halt, HaltReason::content);
  EXPECT_TRUE((*read)[1].closed);
  record.assign(record.size(), 'x');  // the codes do not hang on the record
  EXPECT_EQ((*read)[2].refused, "unknown_attachment");
}

// What is on the topic may have been written by another version of paytick.
TEST(ReplyRecord, ItsBytesAreFixed) {
  Reply r;
  r.attachment.bytes.fill(0xAA);
  r.session.bytes.fill(0xBB);
  r.spendable = Amount(1);
  r.paid_until = TimeMs{2};
  r.seq = 3;
  r.halt = HaltReason::limit;
  r.closed = true;
  r.refused = "late";
  std::string record;
  append_reply(r, record);
  const auto number = [](char n) { return std::string(1, n) + std::string(7, '\0'); };
  EXPECT_EQ(record, "R\x01" + std::string(16, '\xAA') + std::string(16, '\xBB') + number(1) + number(2) +
                        number(3) + "\x05\x04late");
}

TEST(ReplyRecord, WhatIsNoneIsPassedOver) {
  std::string record;
  append_reply(paid(), record);
  ReplyReader reader;
  for (std::size_t size = 0; size < record.size(); ++size)
    EXPECT_EQ(reader.read(record.substr(0, size)).has_value(), size == 2) << size;
  std::string other = record;
  other[1] = 2;  // a later version
  EXPECT_FALSE(reader.read(other));
  record[58] = 0x7F;  // no such halt
  EXPECT_FALSE(reader.read(record));
}

}  // namespace
}  // namespace paytick
