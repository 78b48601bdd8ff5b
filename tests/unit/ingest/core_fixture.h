#pragma once
// A GatewayCore with everything it needs, and a log that keeps what it was given.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "ingest/gateway_core.h"

namespace paytick::ingest {

class CountingRandom : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    ++next_;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(next_ + i);
  }

 private:
  std::uint8_t next_ = 0;
};

class CoreTest : public ::testing::Test, protected Outbox {
 protected:
  static constexpr TimeMs kStart{1'800'000'000'000};
  static constexpr ConnId kConn{1};

  CoreTest() {
    content_.title = "t";
    content_.id.bytes.fill(1);
    content_.plan.price_per_tick = Amount(10'000);
    content_.plan.id = derive_plan_id(content_.plan);
    catalog_.apply(content_);
    viewer_.bytes.fill(2);
    meter_.bytes.fill(3);
    meters_.put(meter_, viewer_);
    platform_.id.bytes.fill(4);
    core_.on_open(kConn, now_);
  }

  void send(ConnId to, std::string_view text) override {
    sent_[static_cast<std::uint64_t>(to)].emplace_back(text);
  }
  void answer(RunId, std::string lines, std::uint32_t, std::uint32_t) override {
    answers_ = std::move(lines);
  }

  void ping(const std::string& more = {}) { ping(kConn, content_.id, more); }
  void ping(ConnId conn, const ContentId& content, const std::string& more = {}) {
    std::string text = R"({"type":"ping","videoId":")" + to_text(content) + R"(","contractId":")" +
                       to_text(meter_) + '"' + more + "}";
    core_.on_message(conn, {text.data(), text.size()}, now_);
  }
  // Writes what waits, or fails it; gives the lines.
  std::vector<Input> flush(const AppendResult& result = {}) {
    std::vector<Input> lines;
    while (auto batch = core_.take_batch(now_)) {
      for (auto& record : batch->records) {
        codec::for_each_line(record.value,
                             [&](codec::MutableLine line) { lines.push_back(*codec::parse_input(line)); });
      }
      core_.on_appended(batch->id, result);
    }
    return lines;
  }
  template <typename T>
  static std::vector<T> only(const std::vector<Input>& lines) {
    std::vector<T> found;
    for (const Input& line : lines) {
      if (const auto* one = std::get_if<T>(&line)) found.push_back(*one);
    }
    return found;
  }
  Reply reply_to(const Heartbeat& heartbeat) const {
    Reply reply;
    reply.attachment = heartbeat.attachment;
    reply.session = heartbeat.session;
    reply.seq = heartbeat.seq;
    reply.spendable = Amount(90'000'000);
    reply.paid_until = now_ + 1;
    return reply;
  }
  std::string last(ConnId conn = kConn) {
    auto& texts = sent_[static_cast<std::uint64_t>(conn)];
    return texts.empty() ? "" : texts.back();
  }
  std::string last_code() {
    const std::string text = last();
    const auto at = text.find(R"("code":")");
    return at == text.npos ? "" : text.substr(at + 8, text.find('"', at + 8) - at - 8);
  }
  std::size_t sent() { return sent_[1].size(); }

  TimeMs now_ = kStart;
  Content content_;
  ViewerId viewer_;
  MeterId meter_;
  Platform platform_;
  CountingRandom random_;
  Catalog catalog_;
  MeterDirectory meters_;
  SessionDirectory sessions_{4, random_};
  ResumeTokens tokens_{ResumeTokens::Key{}};
  std::map<std::uint64_t, std::vector<std::string>> sent_;
  std::string answers_;
  GatewayCore core_{CoreConfig{.development = true, .lane = 6},
                    Shared{catalog_, meters_, sessions_, tokens_, random_}, 4, *this};
};

}  // namespace paytick::ingest
