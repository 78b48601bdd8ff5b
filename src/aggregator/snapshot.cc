// The image of a Book. README.md describes the bytes; a change of them, or of records.h, is a new
// kSnapshotVersion.

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

#include "aggregator/fold_state.h"
#include "model/hash.h"
#include "model/image.h"

namespace paytick::aggregator {

namespace {

constexpr std::uint32_t kSnapshotVersion = 1;
constexpr std::size_t kChunkBytes = 256 * 1024;
constexpr std::string_view kMagic = "paytick-snapshot";

struct Header {
  std::array<char, 16> magic{};
  std::uint32_t version = kSnapshotVersion;
  std::uint32_t fold = kFoldVersion;
  std::uint32_t partition = 0;
  std::uint32_t partitions = 0;
  std::int64_t position = 0;
  std::uint64_t body_bytes = 0;
  FrameHash prev;
  std::array<std::uint8_t, 32>
      hash{};  // BLAKE2b-256 of the header with this field zero, then the body's hash
};
static_assert(sizeof(Header) == 112);

std::array<std::uint8_t, 32> seal(Header header, std::string_view body) {
  header.hash = {};
  std::array<std::uint8_t, sizeof(Header) + 32> both{};
  std::memcpy(both.data(), &header, sizeof header);
  blake2b(body, std::span(both).subspan(sizeof header));
  std::array<std::uint8_t, 32> out{};
  blake2b(std::span<const std::uint8_t>(both), out);
  return out;
}

}  // namespace

class SnapshotWriter : private ImageWriter {
 public:
  static std::string body_of(const Book& book) {
    SnapshotWriter w;
    w.value(book.now_);
    w.slab(book.sessions_), w.slab(book.viewers_), w.slab(book.meters_), w.slab(book.sums_);
    w.slab(book.creators_), w.slab(book.contents_), w.slab(book.offers_), w.slab(book.lives_);
    w.slab(book.departed_);
    w.keys(book.keys_);
    w.extras(book);
    const std::map<std::uint32_t, Proof> proofs(book.charge_proofs_.begin(), book.charge_proofs_.end());
    w.value<std::uint64_t>(proofs.size());
    for (const auto& [meter, proof] : proofs) w.value(meter), w.value(proof);
    w.wheel(book.wheel_);
    return w.take();
  }

 private:
  template <typename T>
  void slab(const Slab<T>& records) {
    value(records.size());
    for (std::uint32_t i = 0; i < records.size(); ++i) value(records[i]);
    list(records.free_list());
  }
  void keys(const Slab<Keys>& all) {
    value(all.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      value<std::uint64_t>(all[i].keys.size());
      for (const Key& k : all[i].keys) {
        text(k.key);
        value(k.t), value(k.amount), value(k.meter), value(k.creator), value(k.bps), value(k.kind);
      }
    }
  }
  void extras(const Book& book) {
    value<std::uint64_t>(book.extras_.size());
    for (std::uint32_t i = 0; i < book.sessions_.size(); ++i) {
      const Extra* extra = book.extras_.find(i, book.sessions_[i]);
      if (extra == nullptr) continue;
      value(i);
      list(extra->runs), list(extra->older), list(extra->others);
      value(extra->first_t), value(extra->floor);
    }
  }
  void wheel(const TimerWheel& wheel) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> entries;
    wheel.each([&](std::uint32_t bucket, std::uint32_t entry) { entries.emplace_back(bucket, entry); });
    value(wheel.cursor());
    value<std::uint64_t>(entries.size());
    for (const auto& [bucket, entry] : entries) value(bucket), value(entry);
  }
};

class SnapshotReader : private ImageReader {
 public:
  using ImageReader::ImageReader;

  // Whether the body was read to its end.
  bool read(Book& book) {
    book.lives_ = Slab<Life>();
    value(book.now_);
    slab(book.sessions_), slab(book.viewers_), slab(book.meters_), slab(book.sums_);
    slab(book.creators_), slab(book.contents_), slab(book.offers_), slab(book.lives_);
    slab(book.departed_);
    keys(book.keys_);
    extras(book);
    for (std::uint64_t n = count(); n != 0 && good(); --n) {
      std::uint32_t meter = 0;
      value(meter), value(book.charge_proofs_[meter]);
    }
    wheel(book.wheel_);
    if (!done()) return false;
    book.index_all();
    return true;
  }

 private:
  template <typename T>
  void slab(Slab<T>& records) {
    std::uint32_t n = 0;
    value(n);
    if (n > left() / sizeof(T)) refuse();
    for (std::uint32_t i = 0; i < n && good(); ++i) value(records[records.add()]);
    std::vector<std::uint32_t> free;
    list(free);
    records.set_free_list(std::move(free));
  }
  void keys(Slab<Keys>& all) {
    std::uint32_t n = 0;
    value(n);
    for (std::uint32_t i = 0; i < n && good(); ++i) {
      std::vector<Key>& keys = all[all.add()].keys;
      for (std::uint64_t m = count(); m != 0 && good(); --m) {
        Key& k = keys.emplace_back();
        k.key = text();
        value(k.t), value(k.amount), value(k.meter), value(k.creator), value(k.bps), value(k.kind);
      }
    }
  }
  void extras(Book& book) {
    for (std::uint64_t n = count(); n != 0 && good(); --n) {
      std::uint32_t i = 0;
      value(i);
      if (i >= book.sessions_.size()) refuse();
      if (!good()) return;
      book.sessions_[i].has_extra = 0;  // not yet, whatever its image says
      Extra& extra = book.extras_.get(i, book.sessions_[i]);
      list(extra.runs), list(extra.older), list(extra.others);
      value(extra.first_t), value(extra.floor);
      book.extras_.settle(i, book.sessions_[i]);
    }
  }
  void wheel(TimerWheel& wheel) {
    std::int64_t cursor = 0;
    value(cursor);
    wheel.set_cursor(cursor);
    for (std::uint64_t n = count(); n != 0 && good(); --n) {
      std::uint32_t bucket = 0;
      std::uint32_t entry = 0;
      value(bucket), value(entry);
      if (good()) wheel.push(bucket & (TimerWheel::kBuckets - 1), entry);
    }
  }
};

std::vector<std::string> Fold::snapshot(Offset position, const FrameHash& prev) const {
  const Book& book = state_->book;
  const std::string body = SnapshotWriter::body_of(book);
  Header header;
  std::copy(kMagic.begin(), kMagic.end(), header.magic.begin());
  header.partition = static_cast<std::uint32_t>(book.config_.partition);
  header.partitions = book.config_.partitions;
  header.position = static_cast<std::int64_t>(position);
  header.body_bytes = body.size();
  header.prev = prev;
  header.hash = seal(header, body);
  std::vector<std::string> chunks{std::string(reinterpret_cast<const char*>(&header), sizeof header)};
  for (std::size_t at = 0; at < body.size(); at += kChunkBytes)
    chunks.push_back(body.substr(at, kChunkBytes));
  return chunks;
}

Result<Fold::Restored> Fold::restore(FoldConfig config, const std::vector<std::string>& chunks) {
  const auto corrupt = [](const std::string& what) {
    return fail("snapshot_corrupt",
                "the snapshot cannot be used: " + what + "; fold again from an older one");
  };
  Header header;
  if (chunks.empty() || chunks[0].size() != sizeof header) return corrupt("its header is missing");
  std::memcpy(static_cast<void*>(&header), chunks[0].data(), sizeof header);
  if (std::string_view(header.magic.data(), header.magic.size()) != kMagic)
    return corrupt("it is no snapshot");
  if (header.version != kSnapshotVersion || header.fold != kFoldVersion) {
    return fail("snapshot_version", "the snapshot was written by other rules; fold again from the start");
  }
  std::string body;
  for (std::size_t i = 1; i < chunks.size(); ++i) body += chunks[i];
  if (body.size() != header.body_bytes || seal(header, body) != header.hash) {
    return corrupt("its bytes are not those that were written");
  }
  if (header.partition != static_cast<std::uint32_t>(config.partition) ||
      header.partitions != config.partitions) {
    return corrupt("it belongs to another partition");
  }
  auto state = std::make_unique<State>(config);
  if (!SnapshotReader(body).read(state->book)) return corrupt("its parts do not fit");
  return Restored{Fold(std::move(state)), Offset{header.position}, header.prev};
}

}  // namespace paytick::aggregator
