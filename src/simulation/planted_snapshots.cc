#include "simulation/planted_snapshots.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "aggregator/fold.h"
#include "settler/settler_snapshot.h"

namespace paytick::simulation {
namespace {

constexpr std::size_t kSealBytes = 32;

bool is_folds(const log::NewRecord& r) {
  return r.to.topic == log::Topic::snapshots && r.key != "newest" &&
         !r.key.starts_with(settler::kSettlerSnapshotPrefix);
}

// A text stands behind its length, 8 bytes each. Whatever `forgets` says yes to is turned around: the record
// is there and nobody will ask for it by that name.
template <typename Forgets>
std::string without_texts(const std::string& chunk, std::size_t size, Forgets&& forgets) {
  std::string body = chunk.substr(0, chunk.size() - kSealBytes);
  const std::string length = std::string(1, static_cast<char>(size)) + std::string(7, '\0');
  for (auto at = body.find(length); at != body.npos; at = body.find(length, at + 1)) {
    const auto begin = body.begin() + static_cast<std::ptrdiff_t>(at + length.size());
    if (static_cast<std::size_t>(body.end() - begin) < size) break;
    const auto end = begin + static_cast<std::ptrdiff_t>(size);
    if (forgets(std::string(begin, end))) std::reverse(begin, end);
  }
  aggregator::SnapshotImage image;
  image.append(body.data(), body.size());
  return image.all().front();
}

bool is_tip(const std::string& text) { return text.starts_with("key-"); }

// A join's key is the text of its content's id.
bool is_id(const std::string& text) { return parse_id<ContentId>(text).has_value(); }

}  // namespace

void PlantedSnapshots::spoil(log::Step& step, std::uint32_t partitions) {
  if (bug_ == Bug::stale_snapshot) return age(step, partitions);
  // What fits no single chunk is left alone: its seals depend on each other.
  const auto folds = std::count_if(step.records.begin(), step.records.end(), is_folds);
  if (folds != 1) return;
  log::NewRecord& r = *std::find_if(step.records.begin(), step.records.end(), is_folds);
  if (bug_ == Bug::key_forgotten) r.value = without_texts(r.value, 5, is_tip);
  if (bug_ == Bug::join_forgotten) r.value = without_texts(r.value, kShortIdText, is_id);
}

// Keeps the snapshot for the next one, and writes the one before it, dressed as the newest.
void PlantedSnapshots::age(log::Step& step, std::uint32_t partitions) {
  std::vector<std::string> now;
  for (const log::NewRecord& r : step.records)
    if (is_folds(r)) now.push_back(r.value);
  if (now.empty()) return;
  const PartitionId partition = step.records[0].to.partition;
  const aggregator::FoldConfig config{partition, partitions};
  const auto before = std::exchange(last_chunks_[partition], now);
  const auto old = aggregator::Fold::restore(config, source_of(before));
  const auto fresh = aggregator::Fold::restore(config, source_of(now));
  if (before.empty() || !old || !fresh) return;
  const auto dressed = old->fold.snapshot(fresh->position, fresh->prev).all();
  if (dressed.size() != now.size()) return;
  for (std::size_t i = 0; i < dressed.size(); ++i) step.records[i].value = dressed[i];
}

}  // namespace paytick::simulation
