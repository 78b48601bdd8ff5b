#pragma once
// What a platform's names for sessions and attachments stand for. A heartbeat over HTTP names neither viewer
// nor partition; its `open` did, and the directory remembers it. Names are kept as keyed 128-bit hashes
// (SipHash under a random key, so that nobody can choose names that collide), which makes an entry a fixed
// number of bytes.
//
// What others opened is known by its ids alone (restore()): sessions that the fold still has alive when this
// gateway starts, and those that other gateways and the bridge open while it runs. Ids are derived from names
// (model/name_ids.h), so the names themselves need not be kept anywhere.
//
// Thread-safe (sharded by session).

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "ingest/flat_map.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/ports.h"
#include "model/time.h"

namespace paytick::ingest {

using NameKey = Bytes<16, struct NameTag>;  // hash of (platform, session[, attachment])

// Bounds, about 300 bytes an attachment.
inline constexpr std::size_t kDirectoryEntriesMax = 4'000'000;
inline constexpr std::size_t kRestoredMax = 4'000'000;  // of a generation; two are kept, 80 bytes an entry
inline constexpr std::int64_t kClosedKeptMs = 600'000;  // after a stop: as long as its retries may come
inline constexpr std::int64_t kSilentKeptMs =
    90'000'000;  // 25 h: longer than the fold keeps a paused session

struct DirectoryEntry {
  SessionId session;  // as the attachment's open names it
  AttachmentId attachment;
  PartitionId partition{};
  bool closed = false;
};

struct NameKeys {
  NameKey session;
  NameKey attachment;
};

struct OpenedName {
  NameKeys keys;  // for forget()
  DirectoryEntry entry;
  std::optional<SessionId> resume;  // another attachment of the same session: continue that one
};

class SessionDirectory {
 public:
  SessionDirectory(std::uint32_t partitions, Random& random, std::size_t restored_max = kRestoredMax);
  ~SessionDirectory();

  // Codes: "session_conflict" (the name is in use by another viewer), "session_closed" (this attachment has
  // been closed; attachments are never used twice), "try_again" (too many sessions). A repeat gives the same
  // ids.
  Result<OpenedName> open(const PlatformId& platform, std::string_view session, std::string_view attachment,
                          const ViewerId& viewer, TimeMs now);

  // Codes: "unknown_session", "session_closed" (not for a stop, which may be repeated). A stop closes the
  // entry.
  struct Found {
    NameKey key;  // for reopen()
    DirectoryEntry entry;
    ViewerId viewer;  // of the session; zero: not known any more
  };
  Result<Found> find(const PlatformId& platform, std::string_view session, std::string_view attachment,
                     bool stop, TimeMs now);

  // The line that opened (or stopped) an attachment did not get into the log.
  void forget(const NameKeys& keys);
  void reopen(const NameKey& key);

  // The attachment is gone, as the fold says or its stop on the log: the next heartbeat is refused instead of
  // being taken for nothing.
  void close(const AttachmentId& attachment, TimeMs now);

  // An attachment that was opened elsewhere or before, and the session that bears the name. Kept for
  // kSilentKeptMs at least, less when more than `restored_max` come in that time; whoever is forgotten is
  // told to send its open again, which changes nothing but this memory. One that is known changes nothing.
  void restore(const ViewerId& viewer, const SessionId& session, const AttachmentId& attachment);

  // Drops what has expired in one shard in turn; call it about once a second.
  void sweep(TimeMs now);
  std::size_t size() const;

 private:
  struct Attachment {
    DirectoryEntry entry;
    std::int64_t expires_ms = 0;
  };
  struct Session {
    ViewerId viewer;
    SessionId first;
    std::int64_t expires_ms = 0;
  };
  struct Shard;

  NameKey hash(std::string_view a, std::string_view b) const;
  NameKey session_key(const PlatformId& platform, std::string_view session) const;
  NameKey attachment_key(const NameKey& session, std::string_view attachment) const;
  Shard& shard_of(const NameKey& session_key) const;
  void index(const AttachmentId& attachment, const NameKey& key);
  std::optional<bool> restored_closed(const AttachmentId& attachment) const;  // nothing: not restored
  std::optional<ViewerId> restored_viewer(const SessionId& session) const;
  Attachment& insert(Shard& shard, const NameKey& key, const DirectoryEntry& entry, TimeMs now);
  std::optional<DirectoryEntry> recall(const PlatformId& platform, std::string_view session,
                                       std::string_view attachment, const NameKey& session_key, Shard& shard,
                                       TimeMs now);

  static constexpr std::size_t kShards = 16;
  std::uint32_t partitions_;
  std::size_t restored_max_;
  std::array<std::uint8_t, 16> hash_key_{};
  std::array<std::unique_ptr<Shard>, kShards> shards_;
  std::size_t sweep_next_ = 0;

  // By attachment, for close(); and what was restored, in two generations, of which the older one goes as a
  // whole.
  struct Restored {
    FlatMap<SessionId, ViewerId> sessions;
    FlatMap<AttachmentId, bool> closed;
  };
  mutable std::mutex index_mutex_;
  FlatMap<AttachmentId, NameKey> by_attachment_;
  Restored young_, old_;
  TimeMs young_since_;
};

}  // namespace paytick::ingest
