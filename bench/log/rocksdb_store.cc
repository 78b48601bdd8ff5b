// RocksDB as the embedded engine uses it: the engine itself.

#include "log/embedded/embedded_log.h"
#include "store.h"

namespace paytick::bench {
namespace {

class RocksdbStore final : public Store {
 public:
  explicit RocksdbStore(const std::filesystem::path& folder) {
    auto opened = log::EmbeddedLog::open({.folder = folder});
    if (!opened) give_up("opening", opened.error().message);
    log_ = std::move(*opened);
  }
  void append(std::uint32_t lane, const std::string& value) override {
    const log::NewRecord record{{log::Topic::ticks, PartitionId{lane}}, TimeMs{}, "", value};
    if (const auto done = log_->append(std::span(&record, 1)); !done)
      give_up("appending", done.error().message);
  }
  std::uint64_t commits() const override { return log_->metrics().groups; }
  std::uint64_t read(std::uint32_t lane) override {
    std::uint64_t bytes = 0;
    for (Offset at{};;) {
      const auto some = log_->read({log::Topic::ticks, PartitionId{lane}}, at, 1 << 20);
      if (!some) give_up("reading", some.error().message);
      if (some->empty()) return bytes;
      for (const log::Record& record : *some) bytes += record.value.size();
      at = Offset{static_cast<std::int64_t>(some->back().offset) + 1};
    }
  }

 private:
  std::unique_ptr<log::EmbeddedLog> log_;
};

}  // namespace

std::unique_ptr<Store> open_rocksdb(const std::filesystem::path& folder) {
  return std::make_unique<RocksdbStore>(folder);
}

}  // namespace paytick::bench
