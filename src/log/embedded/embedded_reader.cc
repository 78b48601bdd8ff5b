#include "log/embedded/embedded_reader.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>

#include "log/checks.h"
#include "log/embedded/format.h"
#include "log/embedded/store_reader.h"
#include "log/embedded/wal_check.h"

namespace paytick::log {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kAgeMax{50};
constexpr int kTriesMax = 20;  // while the writer replaces files

tl::unexpected<Error> read_only() {
  return fail("read_only", "The log was opened for reading; the process that has it open writes it.");
}

Result<std::uint32_t> read_creation(const Store& store) {
  std::string bytes;
  const auto status = store.db->Get({}, store.plain.get(), format::creation_key(), &bytes);
  if (status.IsNotFound()) return fail("log_missing", "The log was created and never written.");
  if (!status.ok()) return storage_error("opening the log for reading", status);
  const auto creation = format::decode_creation(bytes);
  if (!creation)
    return fail("log_io", "The log's creation record is damaged; restore the folder.", Next::fatal);
  if (creation->version != format::kFormatVersion)
    return fail("log_version", "Another version of paytick wrote this log; use that one.", Next::fatal);
  return creation->partitions;
}

}  // namespace

// A view is of one moment; to see more the log is opened anew. RocksDB's secondary instance, which could
// follow, crashes on blobs in the version we build on (7.8).
struct EmbeddedReader::Impl {
  std::filesystem::path folder;
  std::uint32_t partitions = 0;
  std::mutex mutex;
  std::optional<Store> store;
  Clock::time_point opened_at;
  Clock::duration open_cost{};

  Result<void> reopen() {
    for (int tries = 0;; ++tries) {
      const auto begin = Clock::now();
      auto opened = open_read_only(folder);
      if (opened) {
        store.reset();
        store.emplace(std::move(*opened));
        opened_at = Clock::now();
        open_cost = opened_at - begin;
        return {};
      }
      if (opened.error().next != Next::retry || tries == kTriesMax) return tl::unexpected(opened.error());
    }
  }
  // Opening costs what the writer has not flushed yet; no more than a share of the time goes there.
  bool is_stale() const {
    return Clock::now() - opened_at > std::max<Clock::duration>(kAgeMax, 4 * open_cost);
  }
};

EmbeddedReader::EmbeddedReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddedReader::~EmbeddedReader() = default;

Result<std::unique_ptr<EmbeddedReader>> EmbeddedReader::open(const std::filesystem::path& folder) {
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  if (auto whole = check_wals(folder); !whole) return tl::unexpected(whole.error());
  if (auto opened = impl->reopen(); !opened) return tl::unexpected(opened.error());
  const auto creation = read_creation(*impl->store);
  if (!creation) return tl::unexpected(creation.error());
  impl->partitions = *creation;
  return std::unique_ptr<EmbeddedReader>(new EmbeddedReader(std::move(impl)));
}

std::uint32_t EmbeddedReader::partitions() const { return impl_->partitions; }

Result<EventLog::Range> EmbeddedReader::range(TopicPartition tp) {
  if (auto ok = check_lane(tp, partitions()); !ok) return tl::unexpected(ok.error());
  const std::lock_guard lock(impl_->mutex);
  if (impl_->is_stale())
    if (auto opened = impl_->reopen(); !opened) return tl::unexpected(opened.error());
  return stored_range(*impl_->store, tp);
}

Result<std::vector<Record>> EmbeddedReader::read(TopicPartition tp, Offset from, std::size_t max_bytes) {
  if (auto ok = check_lane(tp, partitions()); !ok) return tl::unexpected(ok.error());
  const std::lock_guard lock(impl_->mutex);
  const auto range = stored_range(*impl_->store, tp);
  if (!range) return tl::unexpected(range.error());
  return read_records(*impl_->store, tp, from, *range, max_bytes);
}

Result<std::optional<Record>> EmbeddedReader::latest(TopicPartition tp, std::string_view key) {
  if (auto ok = check_lane(tp, partitions()); !ok) return tl::unexpected(ok.error());
  const std::lock_guard lock(impl_->mutex);
  return latest_record(*impl_->store, tp, key);
}

Result<std::optional<Offset>> EmbeddedReader::position(Role role, PartitionId partition) {
  if (auto ok = check_partition(partition, partitions()); !ok) return tl::unexpected(ok.error());
  const std::lock_guard lock(impl_->mutex);
  std::string bytes;
  const auto status =
      impl_->store->db->Get({}, impl_->store->plain.get(), format::position_key(role, partition), &bytes);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return storage_error("reading a position", status);
  const auto number = format::decode_number(bytes);
  if (!number) return fail("log_io", "A position is damaged; restore the folder.", Next::fatal);
  return Offset{*number};
}

bool EmbeddedReader::wait(TopicPartition tp, Offset seen, std::chrono::milliseconds) {
  const auto now = range(tp);
  return now && now->end > seen;
}

Result<std::vector<Offset>> EmbeddedReader::append(std::span<const NewRecord>) { return read_only(); }
Result<Lease> EmbeddedReader::acquire(Role, PartitionId, Epoch) { return read_only(); }
Result<std::vector<Offset>> EmbeddedReader::commit(const Step&) { return read_only(); }
Result<void> EmbeddedReader::trim(TopicPartition, Offset) { return read_only(); }

}  // namespace paytick::log
