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
  r.spent = Amount(11);
  r.limit = Amount(12);
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
  ASSERT_EQ(read->replies.size(), 3U);
  EXPECT_TRUE(read->outcomes.empty());
  EXPECT_EQ(read->replies[0].attachment, paid().attachment);
  EXPECT_EQ(read->replies[0].session, paid().session);
  EXPECT_EQ(read->replies[0].spendable, Amount(-5));
  EXPECT_EQ(read->replies[0].paid_until, paid().paid_until);
  EXPECT_EQ(read->replies[0].seq, 7U);
  EXPECT_EQ(read->replies[0].spent, Amount(11));
  EXPECT_EQ(read->replies[0].limit, Amount(12));
  EXPECT_FALSE(read->replies[0].halt);
  EXPECT_FALSE(read->replies[0].closed);
  EXPECT_EQ(read->replies[1].halt, HaltReason::content);
  EXPECT_TRUE(read->replies[1].closed);
  record.assign(record.size(), 'x');  // the codes do not hang on the record
  EXPECT_EQ(read->replies[2].refused, "unknown_attachment");
}

Outcome done() {
  Outcome o;
  o.command = named<CommandId>("c");
  o.session = named<SessionId>("s");
  o.repeated = true;
  o.spendable = Amount(1);
  o.charged = Amount(2);
  o.spent = Amount(3);
  o.limit = Amount(4);
  o.period = Period::month;
  o.frozen = true;
  o.has_key = true;
  o.amount = Amount(5);
  o.at = TimeMs{6};
  o.paid_until = TimeMs{7};
  o.ticks = 8;
  o.halt = HaltReason::frozen;
  o.refused = "frozen";
  return o;
}

TEST(ReplyRecord, OutcomesComeBackBesideReplies) {
  Outcome open;
  open.command = named<CommandId>("d");
  open.paused = true;
  open.joined = true;
  open.closed = true;
  std::string record;
  append_outcome(done(), record);
  append_reply(paid(), record);
  append_outcome(open, record);

  ReplyReader reader;
  const auto read = reader.read(record);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->replies.size(), 1U);
  ASSERT_EQ(read->outcomes.size(), 2U);
  std::string again;
  append_outcome(read->outcomes[0], again);
  append_reply(read->replies[0], again);
  append_outcome(read->outcomes[1], again);
  EXPECT_EQ(again, record);
  const Outcome& o = read->outcomes[0];
  EXPECT_EQ(o.command, done().command);
  EXPECT_EQ(o.session, done().session);
  EXPECT_TRUE(o.repeated && o.frozen && o.has_key);
  EXPECT_FALSE(o.paused || o.joined || o.closed);
  EXPECT_EQ(o.spendable, Amount(1));
  EXPECT_EQ(o.charged, Amount(2));
  EXPECT_EQ(o.spent, Amount(3));
  EXPECT_EQ(o.limit, Amount(4));
  EXPECT_EQ(o.amount, Amount(5));
  EXPECT_EQ(o.at, TimeMs{6});
  EXPECT_EQ(o.paid_until, TimeMs{7});
  EXPECT_EQ(o.ticks, 8);
  EXPECT_EQ(o.period, Period::month);
  EXPECT_EQ(o.halt, HaltReason::frozen);
  EXPECT_EQ(o.refused, "frozen");
  EXPECT_TRUE(read->outcomes[1].paused && read->outcomes[1].joined && read->outcomes[1].closed);
}

// What is on the topic may have been written by another version of paytick.
TEST(ReplyRecord, ItsBytesAreFixed) {
  Reply r;
  r.attachment.bytes.fill(0xAA);
  r.session.bytes.fill(0xBB);
  r.spendable = Amount(1);
  r.paid_until = TimeMs{2};
  r.seq = 3;
  r.spent = Amount(4);
  r.limit = Amount(5);
  r.halt = HaltReason::limit;
  r.closed = true;
  r.refused = "late";
  std::string record;
  append_reply(r, record);
  const auto number = [](char n) { return std::string(1, n) + std::string(7, '\0'); };
  EXPECT_EQ(record, "R\x02" + std::string(1, '\0') + std::string(16, '\xAA') + std::string(16, '\xBB') +
                        number(1) + number(2) + number(3) + number(4) + number(5) + "\x05\x04late");
}

TEST(ReplyRecord, WhatIsNoneIsPassedOver) {
  std::string record;
  append_reply(paid(), record);
  ReplyReader reader;
  for (std::size_t size = 0; size < record.size(); ++size)
    EXPECT_EQ(reader.read(record.substr(0, size)).has_value(), size == 2) << size;
  std::string other = record;
  other[1] = 3;  // a later version
  EXPECT_FALSE(reader.read(other));
  record[75] = 0x7F;  // no such halt
  EXPECT_FALSE(reader.read(record));
}

}  // namespace
}  // namespace paytick
