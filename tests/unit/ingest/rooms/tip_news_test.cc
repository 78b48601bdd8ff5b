// What a room is told of a tip, and how other gateways hear of it.

#include "ingest/rooms/tip_news.h"

#include <gtest/gtest.h>

namespace paytick::ingest {
namespace {

Tip tip() {
  Tip tip;
  tip.from.bytes.fill(1);
  tip.to.bytes.fill(2);
  tip.key = "http:1";
  tip.tokens = 100;
  tip.message = "\"bravo\"\n";
  tip.channel = "stage";
  tip.at = TimeMs{1'800'000'000'000};
  return tip;
}

TEST(TipNews, SaysWhoGaveWhat) {
  const TipNews news = news_of(tip());
  EXPECT_EQ(news.channel, "stage");
  for (const std::string part : {R"("type":"tip:new:stage")", R"("channel":"stage")", R"("amountTokens":100)",
                                 R"("message":"\"bravo\"\n")", R"("at":1800000000000)"}) {
    EXPECT_NE(news.text.find(part), std::string::npos) << news.text;
  }
  const std::string name = shown_name(tip().from);
  EXPECT_NE(news.text.find("\"fromUsername\":\"" + name + '"'), std::string::npos) << news.text;
  EXPECT_LT(name.size(), 16U) << "not the whole account";
}

TEST(TipNews, WithoutARoomItIsTheCreatorsOwn) {
  Tip private_tip = tip();
  private_tip.channel.clear();
  EXPECT_EQ(news_of(private_tip).channel, to_text(private_tip.to));
}

TEST(TipNews, OneTipHasOneId) {
  Tip other = tip();
  EXPECT_EQ(news_of(other).id, news_of(tip()).id);
  other.key = "http:2";
  EXPECT_NE(news_of(other).id, news_of(tip()).id);
  other = tip();
  other.from.bytes.fill(9);
  EXPECT_NE(news_of(other).id, news_of(tip()).id);
}

TEST(TipNews, TravelsAsARecord) {
  const TipNews news = news_of(tip());
  const std::string record = write_news(news);
  const auto read = read_news(record);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, news.id);
  EXPECT_EQ(read->creator, news.creator);
  EXPECT_EQ(read->channel, news.channel);
  EXPECT_EQ(read->text, news.text);
  for (std::size_t n = 0; n < 51; ++n) EXPECT_FALSE(read_news(record.substr(0, n))) << n;
  std::string later = record;
  later[1] = 2;
  EXPECT_FALSE(read_news(later)) << "a version that is not known";
  EXPECT_FALSE(read_news("R\x02 a hint of the fold"));
  EXPECT_FALSE(read_news(record + std::string(kNewsTextBytesMax, 'x')));
}

TEST(TipNews, TheLongestFits) {
  Tip longest = tip();
  longest.message = std::string(500, '\x01');
  longest.channel = std::string(128, '\x02');
  longest.stream_id = std::string(128, '\x03');
  longest.call_id = std::string(128, '\x04');
  const auto read = read_news(write_news(news_of(longest)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->channel, longest.channel);
}

TEST(ToldNews, IsToldOnceAndBounded) {
  ToldNews told;
  NewsId id;
  EXPECT_TRUE(told.tell(id));
  EXPECT_FALSE(told.tell(id));
  for (std::size_t i = 0; i < ToldNews::kKept; ++i) {
    NewsId other;
    other.bytes[0] = static_cast<std::uint8_t>(i);
    other.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    other.bytes[2] = 1;
    EXPECT_TRUE(told.tell(other));
  }
  EXPECT_TRUE(told.tell(id)) << "the oldest is forgotten";
}

}  // namespace
}  // namespace paytick::ingest
