#include "aggregator/fold.h"

#include <array>
#include <utility>

#include "aggregator/book.h"
#include "aggregator/errors.h"
#include "aggregator/fold_state.h"
#include "model/codec.h"

namespace paytick::aggregator {
namespace {

// Lines read ahead of the rules, so that the memory of one is on its way while another is worked on.
constexpr std::size_t kGroup = 32;

}  // namespace

void Book::fold(const Input& input) {
  ++counters_.inputs;
  std::visit([this](const auto& e) { on(e); }, input);
}

void Book::warm_slots(const Input& input) const {
  if (const auto* e = std::get_if<Heartbeat>(&input)) attachment_index_.prefetch(hash_of(e->attachment));
}

std::uint32_t Book::warm_session(const Input& input) const {
  const auto* e = std::get_if<Heartbeat>(&input);
  if (e == nullptr) return kNone;
  const std::uint32_t hash = hash_of(e->attachment);
  std::uint32_t i = attachment_index_.guess(hash);
  if (i == kNone && other_index_.size() != 0) i = other_index_.guess(hash);
  if (i != kNone) sessions_.prefetch(i);
  return i;
}

void Book::warm_payers(std::uint32_t session) const {
  if (session == kNone) return;
  const Session& s = sessions_[session];
  if (s.unused) return;
  extras_.prefetch(session, s);
  viewers_.prefetch(s.viewer);
  sums_.prefetch(s.sum);
}

void Book::warm_meter(std::uint32_t session) const {
  if (session == kNone) return;
  const Session& s = sessions_[session];
  if (!s.unused) meters_.prefetch(sums_[s.sum].meter);
}

Fold::Fold(FoldConfig config) : state_(std::make_unique<State>(config)) {}
Fold::Fold(std::unique_ptr<State> state) : state_(std::move(state)) {}
Fold::~Fold() = default;
Fold::Fold(Fold&&) noexcept = default;
Fold& Fold::operator=(Fold&&) noexcept = default;

void Fold::apply(Offset offset, TimeMs append_time, std::string& value, FoldOutput& out) {
  Book& book = state_->book;
  std::array<Result<Input>, kGroup>& group = state_->group;
  std::array<std::uint32_t, kGroup> sessions{};
  std::size_t n = 0;
  std::uint32_t first_line = 0;

  const auto flush = [&] {
    for (std::size_t i = 0; i < n; ++i) sessions[i] = group[i] ? book.warm_session(*group[i]) : kNone;
    for (std::size_t i = 0; i < n; ++i) book.warm_payers(sessions[i]);
    for (std::size_t i = 0; i < n; ++i) book.warm_meter(sessions[i]);
    for (std::size_t i = 0; i < n; ++i) {
      book.begin({offset, first_line + static_cast<std::uint32_t>(i), &out}, append_time);
      if (group[i]) {
        book.fold(*group[i]);
      } else {
        book.reject(group[i].error().code, {});
      }
    }
    first_line += static_cast<std::uint32_t>(n);
    n = 0;
  };
  codec::for_each_line(value, [&](codec::MutableLine line) {
    if (line.size > codec::kLineBytesMax) {
      group[n] = fail(code::kLineTooLong, {});
    } else {
      codec::read_input(line, group[n]);
      if (group[n]) book.warm_slots(*group[n]);
    }
    if (++n == kGroup) flush();
  });
  flush();
  book.finish_links();
}

void Fold::use_rules(std::uint32_t version) { state_->book.use_rules(version); }
TimeMs Fold::now() const { return {state_->book.now_}; }
const FoldCounters& Fold::counters() const { return state_->book.counters_; }

}  // namespace paytick::aggregator
