#include "app/load/http_driver.h"

#include <algorithm>
#include <utility>

#include "app/load/elapsed.h"

namespace paytick::app::load {
namespace {

using namespace std::chrono_literals;

constexpr auto kTurn = 1ms;  // idle connections look for work that often
constexpr std::uint64_t kFillUs =
    100'000;                          // a batch that fills slowly is sent when its oldest has waited so long
constexpr auto kReopenPause = 200ms;  // a meter's report needs a moment to arrive
constexpr auto kPatience = 30s;       // without any progress while opening
// Beyond the time asked for, for a server that falls behind: then what is left is not sent.
constexpr std::uint64_t kGraceUs = 10'000'000;
constexpr std::size_t kLineBytes = 160;

TickCount count_of(const Job& job, TimeMs opened) {
  return {job.options.viewers, job.options.tick_ms, std::min(job.options.tick_ms / 4, 1'000), opened};
}

}  // namespace

HttpDriver::HttpDriver(const Job& job, const std::string& run, WallClock& clock)
    : job_(job),
      clock_(clock),
      writer_(run),
      disorder_(job.plan.duplicates_per_million, job.plan.held_per_million, job.options.viewers,
                job.options.seed),
      ticks_(count_of(job, TimeMs{})) {}

Tally HttpDriver::tally() const { return tally_.copy(); }

Result<void> HttpDriver::connect() {
  std::vector<Endpoint> gateways;
  for (const std::string& url : job_.listen) {
    auto to = resolve(io_, url);
    if (!to) return tl::unexpected(to.error());
    gateways.push_back(std::move(*to));
  }
  for (std::uint32_t i = 0; i < job_.options.connections; ++i)
    lanes_.push_back(std::make_unique<Lane>(io_, gateways[i % gateways.size()], job_.api_key));
  return {};
}

void HttpDriver::feed(Lane& lane) {
  if (lane.busy) return;
  lane.batch = {};
  std::string body = std::move(lane.spare);
  body.clear();
  if (!fill_(lane.batch, body)) {
    lane.spare = std::move(body);
    return;
  }
  lane.busy = true;
  lane.batch.sent = Clock::now();
  lane.link.post(std::move(body), [this, &lane](Result<HttpLink::Answer> answer) {
    lane.busy = false;
    lane.spare = lane.link.take_body();
    const bool good = answer.has_value();
    answered_(lane.batch, std::move(answer));
    if (good) feed(lane);  // after an error at the next turn, so that a dead server is not hammered
  });
}

void HttpDriver::pump(const Fill& fill, const Answered& answered, const std::function<bool()>& done) {
  fill_ = fill;
  answered_ = answered;
  const std::function<void()> turn = [&] {
    const bool ended = done() || (job_.interrupted != nullptr && *job_.interrupted);
    if (ended) fill_ = [](Batch&, std::string&) { return false; };
    for (auto& lane : lanes_) feed(*lane);
    if (ended && std::ranges::none_of(lanes_, [](const auto& lane) { return lane->busy; })) return;
    timer_.expires_after(kTurn);
    timer_.async_wait([&](boost::system::error_code) { turn(); });
  };
  turn();
  io_.restart();
  io_.run();
}

bool HttpDriver::fill_names(Batch& batch, std::string& body, bool open) {
  while (!waiting_.empty() && batch.viewers.size() < job_.options.batch) {
    const std::uint32_t i = waiting_.front();
    waiting_.pop_front();
    if (open) {
      writer_.open(i, job_.fleet[i].account, job_.fleet[i].meter, job_.content, opened_at_, body);
    } else {
      writer_.stop(i, clock_.now(), body);
    }
    batch.viewers.push_back(i);
  }
  batch.lines = batch.viewers.size();
  return batch.lines > 0;
}

void HttpDriver::on_opened(Batch& batch, const Result<HttpLink::Answer>& answer) {
  if (!answer || answer->status != 200) {
    trouble_ =
        answer ? Error{"not_opened", "the gateway answered " + answer->body.substr(0, 300)} : answer.error();
    later_.insert(later_.end(), batch.viewers.begin(), batch.viewers.end());
    return;
  }
  const auto accepted =
      read_batch_answer(answer->body, batch.lines, [&](std::uint64_t line, std::string_view code) {
        trouble_ = Error{"not_opened", "a session was refused: " + std::string(code)};
        later_.push_back(batch.viewers[line - 1]);
      });
  if (accepted) ready_ += *accepted;
}

Result<void> HttpDriver::open() {
  if (auto connected = connect(); !connected) return connected;
  opened_at_ = clock_.now();
  ticks_ = count_of(job_, opened_at_);
  for (std::uint32_t i = 0; i < job_.options.viewers; ++i) waiting_.push_back(i);
  std::uint64_t before = 0;
  auto progressed = Clock::now(), retried = progressed;
  pump([this](Batch& batch, std::string& body) { return fill_names(batch, body, true); },
       [this](Batch& batch, const Result<HttpLink::Answer>& answer) { on_opened(batch, answer); },
       [&] {
         const auto now = Clock::now();
         if (ready_ != before) progressed = now;
         before = ready_;
         if (now - retried > kReopenPause) {
           waiting_.insert(waiting_.end(), later_.begin(), later_.end());
           later_.clear();
           retried = now;
         }
         return ready_ == job_.options.viewers || now - progressed > kPatience;
       });
  if (ready_ == job_.options.viewers) return {};
  return tl::unexpected(trouble_.value_or(Error{"not_opened", "the sessions were not opened"}));
}

bool HttpDriver::fill_beats(Batch& batch, std::string& body) {
  const std::uint64_t elapsed = microseconds(Clock::now() - begin_);
  const std::uint64_t due = std::min(schedule_->due_by(elapsed), job_.plan.beats);
  const bool complete = due - next_ >= job_.options.batch || due == job_.plan.beats ||
                        (due > next_ && schedule_->due_us(next_) + kFillUs < elapsed);
  if (!complete) return false;
  body.reserve(job_.options.batch * kLineBytes);
  while (batch.lines < job_.options.batch) {
    if (scratch_at_ == scratch_.size()) {
      scratch_.clear();
      scratch_at_ = 0;
      if (next_ < due) {
        const Beat beat = schedule_->beat(next_);
        ticks_.count(beat);
        disorder_.pass(next_++, beat, scratch_);
      } else if (next_ == job_.plan.beats && !flushed_) {
        disorder_.flush(scratch_);
        flushed_ = true;
      } else {
        break;
      }
      continue;
    }
    writer_.heartbeat(scratch_[scratch_at_++], body);
    ++batch.lines;
  }
  if (batch.lines == 0) return false;
  batch.due = begin_ + std::chrono::microseconds(schedule_->due_us(next_ - 1));
  tally_.with([&](Tally& t) { t.sent += batch.lines; });
  return true;
}

void HttpDriver::on_beats(Batch& batch, const Result<HttpLink::Answer>& answer) {
  const auto now = Clock::now();
  tally_.with([&](Tally& t) {
    if (!answer) {
      t.lost += batch.lines;
      return t.error(answer.error().code, batch.lines);
    }
    std::uint64_t refused = 0;
    const auto accepted = answer->status == 200
                              ? read_batch_answer(answer->body, batch.lines,
                                                  [&](std::uint64_t, std::string_view code) {
                                                    ++refused;
                                                    t.error(code);
                                                  })
                              : std::nullopt;
    if (!accepted) {
      t.refused += batch.lines;
      return t.error(text_member(answer->body, "code").value_or("bad_answer"), batch.lines);
    }
    t.accepted += *accepted;
    t.refused += refused;
    t.from_sent.add(microseconds(now - batch.sent), batch.lines);
    t.from_due.add(microseconds(now - batch.due), batch.lines);
  });
}

Result<void> HttpDriver::run(Clock::time_point begin) {
  begin_ = begin;
  schedule_.emplace(job_.options.viewers, job_.plan.rate, clock_.now());
  const std::uint64_t end_us = job_.plan.run_ms * 1'000 + kGraceUs;
  pump([this](Batch& batch, std::string& body) { return fill_beats(batch, body); },
       [this](Batch& batch, const Result<HttpLink::Answer>& answer) { on_beats(batch, answer); },
       [&] {
         return (next_ == job_.plan.beats && flushed_ && scratch_at_ == scratch_.size()) ||
                microseconds(Clock::now() - begin_) > end_us;
       });
  if (next_ < job_.plan.beats) tally_.with([&](Tally& t) { t.error("not_sent", job_.plan.beats - next_); });
  return {};
}

void HttpDriver::close() {
  waiting_.clear();
  for (std::uint32_t i = 0; i < job_.options.viewers; ++i) waiting_.push_back(i);
  pump([this](Batch& batch, std::string& body) { return fill_names(batch, body, false); },
       [](Batch&, const Result<HttpLink::Answer>&) {}, [this] { return waiting_.empty(); });
}

}  // namespace paytick::app::load
