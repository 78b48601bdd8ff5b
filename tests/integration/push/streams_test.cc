// Event streams from a real PostgreSQL.
#include <sstream>

#include "outbox_fixture.h"
#include "projections/notices.h"
#include "push/notice_streams.h"

namespace paytick::push {
namespace {

class FakeStream final : public ingest::EventStream {
 public:
  bool send(std::string_view events) override {
    const std::lock_guard lock(mutex_);
    if (!closed_) text_ += events;
    return !closed_;
  }
  bool closed() const override {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  void close(std::string_view) override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void on_close(std::function<void()>) override {}
  void refuse(ingest::HttpResponse) override {}

  // Numbers of the events, in order.
  std::vector<int> ids() const {
    const std::lock_guard lock(mutex_);
    std::istringstream lines(text_);
    std::vector<int> ids;
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("id: ")) ids.push_back(std::stoi(line.substr(4)));
    return ids;
  }
  bool has(const std::string& words) const {
    const std::lock_guard lock(mutex_);
    return text_.find(words) != std::string::npos;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
  bool closed_ = false;
};

std::vector<int> range(int first, int last) {
  std::vector<int> all;
  for (int i = first; i <= last; ++i) all.push_back(i);
  return all;
}

class Streams : public OutboxTest {
 protected:
  std::shared_ptr<FakeStream> open(const NoticeFilter& filter = {}, std::optional<std::int64_t> after = {}) {
    auto stream = std::make_shared<FakeStream>();
    EXPECT_TRUE(streams_->add(stream, filter, after));
    EXPECT_TRUE(soon([&] { return stream->has(": listening"); }));
    return stream;
  }
  void start(std::size_t most = 10) { streams_.emplace(url(), most); }
  std::optional<NoticeStreams> streams_;
};

TEST_F(Streams, WhoListensHearsWhatHappensFromThenOn) {
  start();
  enqueue(1, 3);
  const auto stream = open();
  enqueue(4, 200);
  EXPECT_TRUE(soon([&] { return stream->ids() == range(4, 200); })) << stream->ids().size();
  EXPECT_TRUE(stream->has("event: halt\n"));
  EXPECT_TRUE(stream->has("data: {\"id\":\""));
}

TEST_F(Streams, WhoComesBackMissesNothing) {
  start();
  enqueue(1, 500);
  const auto live = open();
  const auto back = open({}, 7);
  EXPECT_TRUE(soon([&] { return back->ids() == range(8, 500); })) << back->ids().size();
  enqueue(501, 520);
  EXPECT_TRUE(soon([&] { return back->ids() == range(8, 520) && live->ids() == range(501, 520); }));
  EXPECT_FALSE(back->has("event: missed"));
}

TEST_F(Streams, WhatIsNotKeptAnyMoreIsSaidToBeMissed) {
  start();
  enqueue(1, 20);
  ask("DELETE FROM notices WHERE seq <= 10 RETURNING 1");
  const auto late = open({}, 3);
  EXPECT_TRUE(soon([&] { return late->ids() == range(11, 20); }));
  EXPECT_TRUE(late->has("event: missed"));
  const auto foreign = open({}, 999);
  EXPECT_TRUE(foreign->has("event: missed"));
  const auto just = open({}, 10);
  EXPECT_TRUE(soon([&] { return just->ids() == range(11, 20); }));
  EXPECT_FALSE(just->has("event: missed"));
}

TEST_F(Streams, EachSeesItsOwnAndWhatItAskedFor) {
  start();
  AccountId ann, bob;
  ann.bytes.fill(1);
  bob.bytes.fill(2);
  NoticeFilter of_ann, closed_only;
  of_ann.account = ann;
  closed_only.types = projections::bit_of(projections::NoticeType::closed);
  enqueue(1, 2, "", 1, to_text(ann));
  enqueue(3, 4, "", 4, to_text(bob));
  const auto old_ann = open(of_ann, 0), old_closed = open(closed_only, 0);
  const auto new_ann = open(of_ann), new_closed = open(closed_only);
  enqueue(5, 6, "", 1, to_text(bob));
  enqueue(7, 8, "", 4, to_text(ann));
  EXPECT_TRUE(soon([&] { return old_ann->ids() == std::vector<int>({1, 2, 7, 8}); }));
  EXPECT_TRUE(soon([&] { return old_closed->ids() == std::vector<int>({3, 4, 7, 8}); }));
  EXPECT_TRUE(soon([&] { return new_ann->ids() == std::vector<int>({7, 8}); }));
  EXPECT_TRUE(soon([&] { return new_closed->ids() == std::vector<int>({7, 8}); }));
  NoticeFilter of_platform;
  of_platform.platform.emplace();
  const auto other = open(of_platform, 0);
  enqueue(9, 9);
  EXPECT_TRUE(soon([&] { return old_closed->ids().size() == 4 && streams_->status().streams == 5; }));
  EXPECT_TRUE(other->ids().empty());
}

TEST_F(Streams, ThereAreNoMoreThanAllowedAndClosedOnesMakeRoom) {
  start(2);
  const auto a = open(), b = open();
  EXPECT_FALSE(streams_->add(std::make_shared<FakeStream>(), {}, {}));
  a->close("gone");
  EXPECT_TRUE(soon([&] { return streams_->status().streams == 1; }));
  EXPECT_TRUE(streams_->add(std::make_shared<FakeStream>(), {}, {}));
}

}  // namespace
}  // namespace paytick::push
