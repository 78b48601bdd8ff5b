// Damaged messages, batches and contents through the gateway's readers and the core behind them: every one is
// answered in valid JSON, and the log is given nothing but lines that its readers take.

#include <gtest/gtest.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <sstream>

#include "damage.h"
#include "ingest/protocol.h"
#include "ingest/protocol_batch.h"
#include "ingest/protocol_content.h"
#include "model/json.h"
#include "unit/ingest/core_fixture.h"

namespace paytick::fuzz {
namespace {

using namespace ingest;

constexpr TimeMs kNow{1'800'000'000'000};

using Member = std::pair<const char*, std::string_view>;

std::string object(const std::vector<Member>& texts,
                   const std::vector<std::pair<const char*, std::uint64_t>>& numbers) {
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> json(out);
  json.StartObject();
  for (const auto& [name, text] : texts) {
    json.Key(name);
    json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  for (const auto& [name, number] : numbers) {
    json.Key(name);
    json.Uint64(number);
  }
  json.EndObject();
  return {out.GetString(), out.GetSize()};
}

bool is_json(std::string text) {
  json::Document document;
  return document.parse(text.data(), text.size()).has_value();
}

void expect_presentable(const Error& error, const std::string& text) {
  ASSERT_FALSE(error.code.empty()) << shown(text);
  ASSERT_TRUE(is_json(render_error(error))) << shown(render_error(error)) << "\n" << shown(text);
}

std::string id_text(char fill) { return std::string(21, fill) + 'A'; }

std::vector<std::string> good_pings(const std::string& content, const std::string& meter) {
  const std::string start = R"({"type":"ping","videoId":")" + content + R"(","contractId":")" + meter + '"';
  return {
      start + "}",
      start + R"(,"planId":")" + id_text('p') + R"(","resumeToken":")" + std::string(43, 't') +
          R"(","seq":41})",
      start +
          R"(,"planId":null,"resumeToken":"","seq":9223372036854775807,"more":[1,{"a":true}],"x":{"type":"y"}})"};
}

std::vector<std::string> good_lines(const std::string& viewer, const std::string& meter,
                                    const std::string& content) {
  const std::string names = R"("session":"room \"@\" é 😀","attachment":"tab\u00e9\t@")";
  const std::string at = std::to_string(kNow.ms);
  return {R"({"type":"open",)" + names + R"(,"viewer":")" + viewer + R"(","meter":")" + meter +
              R"(","content":")" + content + R"(","at":)" + at + "}",
          R"({"type":"open","session":"s@","attachment":"a@","viewer":")" + viewer + R"(","meter":")" +
              meter + R"(","content":")" + content + R"(","planId":")" + id_text('p') + R"(","at":)" + at +
              "}",
          R"({"type":"heartbeat",)" + names + R"(,"seq":7,"at":)" + at + "}",
          R"({"type":"heartbeat","session":"s@","attachment":"a@","seq":0,"at":)" + at + "}",
          R"({"type":"stop",)" + names + R"(,"at":)" + at + "}"};
}

TEST(GatewayFuzz, Pings) {
  Damage damage(good_pings(id_text('c'), to_text(MeterId{})), 11);
  std::size_t good = 0;
  for (std::size_t i = 0; i < rounds(40'000); ++i) {
    const std::string text = damage.next();
    Exact copy(text, 1);
    const auto ping = parse_ping(copy.line());
    if (!ping) {
      expect_presentable(ping.error(), text);
      continue;
    }
    ++good;
    std::vector<Member> members = {{"type", "ping"}};
    const std::string content = to_text(ping->content), meter = to_text(ping->meter);
    const std::string plan = ping->plan ? to_text(*ping->plan) : "";
    members.insert(members.end(),
                   {{"videoId", content}, {"contractId", meter}, {"resumeToken", ping->resume_token}});
    if (ping->plan) members.emplace_back("planId", plan);
    std::vector<std::pair<const char*, std::uint64_t>> numbers;
    if (ping->seq) numbers.emplace_back("seq", static_cast<std::uint64_t>(*ping->seq));
    Exact again(object(members, numbers), 1);
    const auto reread = parse_ping(again.line());
    ASSERT_TRUE(reread) << reread.error().message << "\n" << shown(text);
    ASSERT_EQ(reread->content, ping->content) << shown(text);
    ASSERT_EQ(reread->meter, ping->meter) << shown(text);
    ASSERT_EQ(reread->plan, ping->plan) << shown(text);
    ASSERT_EQ(reread->resume_token, ping->resume_token) << shown(text);
    ASSERT_EQ(reread->seq, ping->seq) << shown(text);
  }
  EXPECT_GT(good, 500U);
}

TEST(GatewayFuzz, BatchLines) {
  Damage damage(good_lines(to_text(ViewerId{}), to_text(MeterId{}), id_text('c')), 12);
  std::size_t good = 0;
  for (std::size_t i = 0; i < rounds(40'000); ++i) {
    const std::string text = damage.next();
    Exact copy(text, 1);
    const auto line = parse_batch_line(copy.line(), kNow);
    if (!line) {
      expect_presentable(line.error(), text);
      continue;
    }
    ++good;
    ASSERT_GE(line->at, kTimeMin);
    ASSERT_LE(line->at, kTimeMax);
    static constexpr std::string_view kTypes[] = {"heartbeat", "open", "stop"};
    Exact again(object({{"type", kTypes[static_cast<std::size_t>(line->type)]},
                        {"session", line->session},
                        {"attachment", line->attachment},
                        {"viewer", line->viewer},
                        {"meter", line->meter},
                        {"content", line->content},
                        {"planId", line->plan}},
                       {{"at", static_cast<std::uint64_t>(line->at.ms)}, {"seq", line->seq}}),
                1);
    const auto reread = parse_batch_line(again.line(), kNow);
    ASSERT_TRUE(reread) << reread.error().message << "\n" << shown(text);
    ASSERT_TRUE(reread->type == line->type && reread->session == line->session &&
                reread->attachment == line->attachment && reread->at == line->at &&
                reread->seq == line->seq && reread->viewer == line->viewer && reread->meter == line->meter &&
                reread->content == line->content && reread->plan == line->plan)
        << shown(text);
  }
  EXPECT_GT(good, 500U);
}

// What the gateway takes as content, everybody can read from the catalogue.
TEST(GatewayFuzz, Contents) {
  const std::string wallet = to_text(AccountId{});
  Damage damage(
      {R"({"title":"A film \u00e9","creator":"Ada","description":"\"x\"\n😀","thumbnailUrl":"https://example.com/a",)"
       R"("duration":60,"creatorWallet":")" +
           wallet +
           R"(","plan":{"tickMs":1000,"pricePerTick":10000,"heartbeatMs":10000,"minimumTicks":1,)"
           R"("platformBps":1000,"refundUnused":true}})",
       R"({"title":"t","creatorWallet":")" + wallet + R"(","plan":{"pricePerTick":1}})"},
      13);
  std::size_t good = 0;
  for (std::size_t i = 0; i < rounds(20'000); ++i) {
    const std::string text = damage.next();
    Exact copy(text, 1);
    const auto content = parse_content_request(copy.line(), 0);
    if (!content) {
      expect_presentable(content.error(), text);
      continue;
    }
    ++good;
    ASSERT_TRUE(is_json(render_content(*content))) << shown(text);
    std::string written;
    codec::write(*content, written);
    Exact line(std::string_view(written).substr(0, written.size() - 1));
    const auto read = codec::parse_content(line.line());
    ASSERT_TRUE(read) << read.error().message << "\n" << shown(text) << "\n" << shown(written);
    ASSERT_TRUE(*read == *content) << shown(text);
  }
  EXPECT_GT(good, 500U);
}

// As the gateway counts: an empty line is no line.
std::size_t lines_of(const std::string& body) {
  std::size_t n = 0;
  std::istringstream in(body);
  for (std::string line; std::getline(in, line);) n += line.empty() || line == "\r" ? 0 : 1;
  return n;
}

class CoreFuzz : public CoreTest {
 protected:
  void expect_log_readable(const std::string& text) {
    while (auto batch = core_.take_batch(now_)) {
      for (auto& record : batch->records) {
        ASSERT_LE(record.value.size(), codec::kRecordBytesMax);
        codec::for_each_line(record.value, [&](codec::MutableLine line) {
          const std::string before(line.data, line.size);
          const auto input = codec::parse_input(line);
          EXPECT_TRUE(input) << shown(before) << "\n" << shown(text);
          ++written_;
        });
      }
      core_.on_appended(batch->id, {});
    }
  }
  std::size_t written_ = 0;
};

TEST_F(CoreFuzz, Sockets) {
  auto texts = good_pings(to_text(content_.id), to_text(meter_));
  Damage damage(texts, 14);
  for (std::size_t i = 0; i < rounds(10'000); ++i) {
    const std::string text = damage.next();
    now_ = now_ + 1'000;
    Exact copy(text, 1);
    core_.on_message(kConn, copy.line(), now_);
    expect_log_readable(text);
    for (const std::string& answer : std::exchange(sent_[1], {})) {
      ASSERT_TRUE(is_json(answer)) << shown(answer) << "\n" << shown(text);
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(written_, 500U);
}

TEST_F(CoreFuzz, Batches) {
  Damage damage(good_lines(to_text(viewer_), to_text(meter_), to_text(content_.id)), 15);
  for (std::size_t i = 0; i < rounds(2'000); ++i) {
    std::string body;
    for (std::size_t n = damage.below(6); n > 0; --n)
      body += (damage.below(2) == 0 ? damage.any() : damage.next()) + '\n';
    if (damage.below(3) == 0) body = damage.damaged(std::move(body));
    // What was stopped stays so: new names after some rounds.
    const std::string name = std::to_string(i / 10);
    for (auto at = body.find('@'); at != body.npos; at = body.find('@', at)) body.replace(at, 1, name);
    const auto run = core_.begin_batch(platform_, body);
    while (core_.step_batch(run, 2, now_) == BatchDesk::Progress::more) {
    }
    expect_log_readable(body);
    std::uint32_t number = 0;
    codec::for_each_line(answers_, [&](codec::MutableLine line) {
      const std::string answer(line.data, line.size);
      EXPECT_TRUE(is_json(answer)) << shown(answer) << "\n" << shown(body);
      EXPECT_TRUE(answer.starts_with("{\"line\":" + std::to_string(++number) + ",")) << shown(answer);
    });
    EXPECT_EQ(number, lines_of(body)) << shown(body);
    answers_.clear();
    if (HasFailure()) return;
  }
  EXPECT_GT(written_, 500U);
}

}  // namespace
}  // namespace paytick::fuzz
