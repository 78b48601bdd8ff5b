// The image of a Book. README.md describes the bytes; a change of them, or of records.h, is a new
// kSnapshotVersion.

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <string_view>
#include <utility>

#include "aggregator/fold_state.h"
#include "aggregator/snapshot_image.h"

namespace paytick::aggregator {

static_assert(std::endian::native == std::endian::little, "a snapshot holds little-endian records");

namespace {

constexpr std::uint32_t kSnapshotVersion = 5;
constexpr std::string_view kMagic = "paytick-snapshot";

struct Header {
  std::array<char, 16> magic{};
  std::uint32_t version = kSnapshotVersion;
  std::uint32_t fold = kFoldVersion;
  std::uint32_t partition = 0;
  std::uint32_t partitions = 0;
  std::int64_t position = 0;
  FrameHash prev;
};
static_assert(sizeof(Header) == 72);

}  // namespace

class SnapshotWriter {
 public:
  explicit SnapshotWriter(SnapshotImage& out) : out_(out) {}

  void write(const Header& header, const Book& book) {
    value(header);
    value(book.now_);
    slab(book.sessions_), slab(book.viewers_), slab(book.meters_), slab(book.sums_);
    slab(book.creators_), slab(book.contents_), slab(book.offers_), slab(book.lives_);
    slab(book.departed_), slab(book.payees_);
    wides(book);
    terms(book);
    extras(book);
    slab(book.extras_.windows());
    nexts(book);
    calls(book);
    const std::map<std::uint32_t, Proof> proofs(book.charge_proofs_.begin(), book.charge_proofs_.end());
    value<std::uint64_t>(proofs.size());
    for (const auto& [meter, proof] : proofs) value(meter), value(proof);
    const std::map<std::uint32_t, std::int64_t> credited(book.credited_.begin(), book.credited_.end());
    value<std::uint64_t>(credited.size());
    for (const auto& [meter, sum] : credited) value(meter), value(sum);
    wheel(book.wheel_);
  }

 private:
  template <typename T>
  void value(const T& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    out_.append(&v, sizeof v);
  }
  template <typename T>
  void list(const std::vector<T>& items) {
    value<std::uint64_t>(items.size());
    for (const T& item : items) value(item);
  }
  void text(std::string_view v) {
    value<std::uint64_t>(v.size());
    out_.append(v.data(), v.size());
  }
  template <typename T>
  void slab(const Slab<T>& records) {
    value(records.size());
    for (std::uint32_t i = 0; i < records.size(); ++i) value(records[i]);
    list(records.free_list());
  }
  void wides(const Book& book) {
    value<std::uint64_t>(book.wides_.size());
    for (std::uint32_t i = 0; i < book.meters_.size(); ++i) {
      if (book.meters_[i].wide) value(i), value(book.wides_[i]);
    }
  }
  void terms(const Book& book) {
    value<std::uint64_t>(book.terms_.size());
    for (std::uint32_t i = 0; i < book.viewers_.size(); ++i) {
      if (!book.viewers_[i].has_terms) continue;
      const Terms& terms = book.terms_[i];
      value(i), value(terms.limit), value<std::uint64_t>(terms.keys.size());
      for (const Key& k : terms.keys) {
        text(k.key);
        value(k.t), value(k.amount), value(k.meter), value(k.creator), value(k.bps);
        value(k.content), value(k.words), value(k.kind);
      }
      list(terms.free);
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
  void nexts(const Book& book) {
    value<std::uint64_t>(book.nexts_.size());
    for (std::uint32_t i = 0; i < book.sessions_.size(); ++i) {
      if (book.sessions_[i].has_next) value(i), value(book.nexts_[i]);
    }
  }
  // In the order of their opening.
  void calls(const Book& book) {
    value<std::uint64_t>(book.calls_.size());
    for (std::uint32_t i = book.first_call_; i != kNone; i = book.calls_[i].after) {
      const Call& call = book.calls_[i];
      value(i), value(call.held_from), value(call.ended_at);
      list(call.shifts);
    }
  }
  void wheel(const TimerWheel& wheel) {
    std::uint64_t n = 0;
    wheel.each([&](std::uint32_t, std::uint32_t) { ++n; });
    value(wheel.cursor());
    value(n);
    wheel.each([&](std::uint32_t bucket, std::uint32_t entry) { value(bucket), value(entry); });
  }

  SnapshotImage& out_;
};

class SnapshotReader {
 public:
  explicit SnapshotReader(SnapshotSource& in) : in_(in) {}

  // Whether the body was read to its end.
  bool read(Book& book) {
    book.lives_ = Slab<Life>();
    value(book.now_);
    slab(book.sessions_), slab(book.viewers_), slab(book.meters_), slab(book.sums_);
    slab(book.creators_), slab(book.contents_), slab(book.offers_), slab(book.lives_);
    slab(book.departed_), slab(book.payees_);
    wides(book);
    terms(book);
    extras(book);
    slab(book.extras_.windows());
    nexts(book);
    calls(book);
    for (std::uint64_t n = count(); n != 0 && good(); --n) {
      std::uint32_t meter = 0;
      value(meter), value(book.charge_proofs_[meter]);
    }
    for (std::uint64_t n = count(); n != 0 && good(); --n) {
      std::uint32_t meter = 0;
      value(meter), value(book.credited_[meter]);
    }
    wheel(book.wheel_);
    if (!in_.done()) return false;
    book.index_all();
    return true;
  }

 private:
  template <typename T>
  void value(T& v) {
    in_.value(v);
  }
  // Read one by one: a count that cannot be ends with the bytes, not with the memory.
  std::uint64_t count() {
    std::uint64_t n = 0;
    value(n);
    return n;
  }
  bool good() const { return in_.good(); }
  template <typename T>
  void list(std::vector<T>& items) {
    for (std::uint64_t n = count(); n != 0 && good(); --n) value(items.emplace_back());
  }
  std::string text() {
    std::string out;
    for (std::uint64_t n = count(); n != 0 && good(); --n) {
      char c = 0;
      value(c);
      out += c;
    }
    return out;
  }
  template <typename T>
  void slab(Slab<T>& records) {
    std::uint32_t n = 0;
    value(n);
    for (std::uint32_t i = 0; i < n && good(); ++i) value(records[records.add()]);
    std::vector<std::uint32_t> free;
    list(free);
    records.set_free_list(std::move(free));
  }
  // The index of a record that has something in a side table.
  template <typename T>
  std::uint32_t owner(const Slab<T>& slab) {
    std::uint32_t i = 0;
    value(i);
    if (i >= slab.size()) in_.refuse();
    return i;
  }
  void wides(Book& book) {
    for (std::uint64_t n = count(); n != 0 && good(); --n) {
      const std::uint32_t i = owner(book.meters_);
      if (good()) value(book.wides_.add(i));
    }
  }
  void terms(Book& book) {
    for (std::uint64_t n = count(); n != 0 && good(); --n) {
      const std::uint32_t i = owner(book.viewers_);
      if (!good()) return;
      Terms& terms = book.terms_.add(i);
      value(terms.limit);
      for (std::uint64_t m = count(); m != 0 && good(); --m) {
        Key& k = terms.keys.emplace_back();
        k.key = text();
        value(k.t), value(k.amount), value(k.meter), value(k.creator), value(k.bps);
        value(k.content), value(k.words), value(k.kind);
      }
      list(terms.free);
    }
  }
  void extras(Book& book) {
    for (std::uint64_t n = count(); n != 0 && good(); --n) {
      const std::uint32_t i = owner(book.sessions_);
      if (!good()) return;
      book.sessions_[i].has_extra = 0;  // not yet, whatever its image says
      Extra& extra = book.extras_.get(i, book.sessions_[i]);
      list(extra.runs), list(extra.older), list(extra.others);
      value(extra.first_t), value(extra.floor);
      book.extras_.settle(i, book.sessions_[i]);
    }
  }
  void nexts(Book& book) {
    for (std::uint64_t n = count(); n != 0 && good(); --n) {
      const std::uint32_t i = owner(book.sessions_);
      if (good()) value(book.nexts_.add(i));
    }
  }
  void calls(Book& book) {
    for (std::uint64_t n = count(); n != 0 && good(); --n) {
      const std::uint32_t i = owner(book.sessions_);
      if (!good()) return;
      Call& call = book.calls_.add(i);
      value(call.held_from), value(call.ended_at);
      list(call.shifts);
      book.append_call(i);
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

  SnapshotSource& in_;
};

SnapshotImage Fold::snapshot(Offset position, const FrameHash& prev) const {
  const Book& book = state_->book;
  Header header;
  std::copy(kMagic.begin(), kMagic.end(), header.magic.begin());
  header.partition = static_cast<std::uint32_t>(book.config_.partition);
  header.partitions = book.config_.partitions;
  header.position = static_cast<std::int64_t>(position);
  header.prev = prev;
  SnapshotImage image;
  SnapshotWriter(image).write(header, book);
  return image;
}

Result<Fold::Restored> Fold::restore(FoldConfig config, const ChunkSource& chunks) {
  const auto corrupt = [](const std::string& what) {
    return fail("snapshot_corrupt",
                "the snapshot cannot be used: " + what + "; fold again from an older one");
  };
  SnapshotSource in(chunks);
  Header header;
  if (!in.peek(&header, sizeof header)) return corrupt("its header is missing");
  if (std::string_view(header.magic.data(), header.magic.size()) != kMagic)
    return corrupt("it is no snapshot");
  if (header.version != kSnapshotVersion || header.fold > kFoldVersion) {
    return fail("snapshot_version", "the snapshot was written by other rules; fold again from the start");
  }
  in.value(header);
  if (!in.good()) return corrupt("its bytes are not those that were written");
  if (header.partition != static_cast<std::uint32_t>(config.partition) ||
      header.partitions != config.partitions) {
    return corrupt("it belongs to another partition");
  }
  auto state = std::make_unique<State>(config);
  if (!SnapshotReader(in).read(state->book)) return corrupt("its bytes are not those that were written");
  return Restored{Fold(std::move(state)), Offset{header.position}, header.prev};
}

}  // namespace paytick::aggregator
