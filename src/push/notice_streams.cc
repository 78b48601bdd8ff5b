#include "push/notice_streams.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace paytick::push {
namespace {

constexpr std::chrono::milliseconds kLookEvery{250};
constexpr std::chrono::milliseconds kDatabaseNap{1'000};
constexpr std::chrono::milliseconds kBetweenPages{20};
// Notices read at once: they fit twice into what may wait for a client (EventStream::kUnsentBytesMax).
constexpr std::size_t kPage = 50;

bool wants(const NoticeFilter& filter, const Notice& notice) {
  if ((filter.types >> notice.type_number & 1U) == 0) return false;
  if (filter.platform && notice.platform != filter.platform) return false;
  if (!filter.account) return true;
  const std::string account = to_text(*filter.account);
  return notice.viewer == account || notice.creator == account;
}

}  // namespace

NoticeStreams::NoticeStreams(std::string database_url, std::size_t streams_max)
    : url_(std::move(database_url)), streams_max_(streams_max), thread_([this] {
        ::pthread_setname_np(::pthread_self(), "notices");
        run();
      }) {}

NoticeStreams::~NoticeStreams() { stop(); }

void NoticeStreams::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

StreamsStatus NoticeStreams::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

bool NoticeStreams::add(std::shared_ptr<ingest::EventStream> stream, const NoticeFilter& filter,
                        std::optional<std::int64_t> after) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || status_.streams + joining_.size() >= streams_max_) return false;
    joining_.push_back({std::move(stream), filter, after});
  }
  wake_.notify_all();
  return true;
}

void NoticeStreams::run() {
  OutboxStore store(url_);
  bool more = false;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (streams_.empty())
        wake_.wait(lock, [this] { return stopping_ || !joining_.empty(); });
      else
        wake_.wait_for(lock,
                       status_.trouble ? kDatabaseNap
                       : more          ? kBetweenPages
                                       : kLookEvery,
                       [this] { return stopping_ || !joining_.empty(); });
      if (stopping_) return;
      for (Stream& stream : joining_) streams_.push_back(std::move(stream));
      joining_.clear();
    }
    std::erase_if(streams_, [](const Stream& stream) { return stream.out->closed(); });
    const auto served = serve(store);
    more = served.value_or(false);
    const std::lock_guard lock(mutex_);
    status_.streams = streams_.size();
    status_.trouble = served ? std::nullopt : std::optional(served.error());
  }
}

Result<bool> NoticeStreams::serve(OutboxStore& store) {
  const auto ends = store.ends();
  if (!ends) return tl::unexpected(ends.error());
  for (Stream& stream : streams_)
    if (!stream.begun) begin(stream, *ends);
  // Those that have everything up to the tail are served together.
  tail_ = std::min(tail_, ends->newest);
  std::int64_t tail = ends->newest;
  if (tail_ < ends->newest &&
      std::any_of(streams_.begin(), streams_.end(), [&](const Stream& s) { return *s.after == tail_; })) {
    const auto notices = store.read(tail_, {}, kPage);
    if (!notices) return tl::unexpected(notices.error());
    if (notices->size() == kPage) tail = notices->back().seq;
    for (Stream& stream : streams_) {
      if (*stream.after != tail_) continue;
      for (const Notice& notice : *notices)
        if (wants(stream.filter, notice)) send(stream, notice);
      stream.after = tail;
    }
  }
  tail_ = tail;
  bool more = tail < ends->newest;
  for (Stream& stream : streams_) {
    if (*stream.after >= tail_) continue;
    if (auto done = catch_up(store, stream, tail_); !done) return tl::unexpected(done.error());
    more |= *stream.after < tail_;
  }
  return more;
}

void NoticeStreams::begin(Stream& stream, const OutboxStore::Ends& ends) {
  stream.begun = true;
  stream.out->send(": listening\n\n");
  // A number that was never given comes from another outbox.
  const bool foreign = stream.after && *stream.after > ends.newest;
  if (stream.after && (foreign || *stream.after + 1 < ends.oldest))
    stream.out->send(
        ingest::render_event("missed", R"({"type":"missed","after":)" + std::to_string(*stream.after) + "}"));
  if (!stream.after || foreign) stream.after = ends.newest;
}

// A page, so that the others have their turn.
Result<void> NoticeStreams::catch_up(OutboxStore& store, Stream& stream, std::int64_t to) {
  const auto notices = store.read(*stream.after, stream.filter, kPage);
  if (!notices) return tl::unexpected(notices.error());
  for (const Notice& notice : *notices) {
    if (notice.seq > to) break;
    send(stream, notice);
    stream.after = notice.seq;
  }
  if (notices->size() < kPage || notices->back().seq >= to) stream.after = to;
  return {};
}

void NoticeStreams::send(Stream& stream, const Notice& notice) {
  if (!stream.out->send(ingest::render_event(notice.type, notice.body, std::to_string(notice.seq)))) return;
  const std::lock_guard lock(mutex_);
  ++status_.sent;
}

}  // namespace paytick::push
