#pragma once
// What a platform's names for sessions and attachments stand for, as the `open` and `stop` lines of
// `heartbeats` say: a function of the log, so that whoever follows the log, or goes on from a snapshot of it,
// knows the same. (The gateway's SessionDirectory keys its entries by what it was told and cannot be filled
// from the log alone.)
//
// Ids are derived from names (model/name_ids.h), so no name is kept: a session's viewer gives the
// attachment's id, and that its partition. Another platform's sessions have other ids, and cannot be hit.
//
// Pure and not thread-safe.

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/flat_map.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/image.h"
#include "model/inputs.h"
#include "model/time.h"

namespace paytick::ingest {

// Bounds, about 150 bytes an attachment.
inline constexpr std::size_t kBookEntriesMax = 4'000'000;

class NameBook {
 public:
  NameBook(const PlatformId& platform, std::uint32_t partitions)
      : platform_(platform), partitions_(partitions) {}

  struct Entry {
    SessionId session;  // as the attachment's open names it
    AttachmentId attachment;
    PartitionId partition{};
    bool closed = false;  // a stop of it is on the log
  };

  // What an open of these names is to say. Codes: "session_conflict" (the session is another viewer's, or the
  // attachment another session's), "session_closed", "try_again" (retry: too many are open). A repeat gives
  // the same. Nothing is remembered yet.
  struct Opening {
    Entry entry;
    std::optional<SessionId> resume;  // another attachment of the same session: continue that one
  };
  Result<Opening> opening(std::string_view session, std::string_view attachment,
                          const ViewerId& viewer) const;

  // Nothing when no open of these names is known.
  std::optional<Entry> find(std::string_view session, std::string_view attachment) const;

  // Lines of the log, in the order of their partition; twice does no harm. `now` is when this process met
  // them. Lines of others are passed over.
  void apply(const Open& open, TimeMs now);
  void apply(const Stop& stop, TimeMs now);
  // A heartbeat was forwarded: the entry is needed for longer.
  void touch(const AttachmentId& attachment, TimeMs now);

  // Forgets what has been silent for kSilentKeptMs or stopped for kClosedKeptMs (session_directory.h). Walks
  // over everything.
  void sweep(TimeMs now);

  // By the id that their name gives: those of the opens applied since the last call. What waits for one of
  // them can be decided.
  std::vector<SessionId> take_opened() { return std::exchange(opened_, {}); }
  SessionId id_of(std::string_view session) const;
  std::size_t size() const { return attachments_.size(); }

  void write_image(ImageWriter& out) const;
  void read_image(ImageReader& in);

 private:
  struct Session {
    ViewerId viewer;
    std::int64_t expires_ms = 0;
  };
  struct Attachment {
    SessionId first;    // the id that the session's name gives
    SessionId session;  // that the open named
    PartitionId partition{};
    std::uint32_t closed = 0;
    std::int64_t expires_ms = 0;
  };
  struct SessionImage {
    SessionId id;
    Session session;
  };
  struct AttachmentImage {
    AttachmentId id;
    Attachment attachment;
  };
  static_assert(sizeof(SessionImage) == 56 && sizeof(AttachmentImage) == 64);

  PlatformId platform_;
  std::uint32_t partitions_;
  FlatMap<SessionId, Session> sessions_;  // by the id that the name gives
  FlatMap<AttachmentId, Attachment> attachments_;
  std::vector<SessionId> opened_;
};

}  // namespace paytick::ingest
