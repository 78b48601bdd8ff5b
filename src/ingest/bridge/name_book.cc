#include "ingest/bridge/name_book.h"

#include <algorithm>
#include <string>

#include "ingest/errors.h"
#include "ingest/session_directory.h"
#include "model/name_ids.h"
#include "model/partition.h"

namespace paytick::ingest {
namespace {

// How exact the time of a silence is kept: what expires after a day need not know the minute.
constexpr std::int64_t kTouchEveryMs = 600'000;

}  // namespace

Result<NameBook::Opening> NameBook::opening(std::string_view session, std::string_view attachment,
                                            const ViewerId& viewer) const {
  const SessionId first = derive_session_id(platform_, session);
  const AttachmentId id = derive_attachment_id(platform_, viewer, attachment);
  const auto of = sessions_.find(first);
  if (of != sessions_.end() && of->second.viewer != viewer) {
    return fail(code::kSessionConflict, "This session name belongs to another viewer.");
  }
  if (const auto it = attachments_.find(id); it != attachments_.end()) {
    const Attachment& known = it->second;
    if (known.first != first) {
      return fail(code::kSessionConflict,
                  "This attachment name was used for another session; attachments are never used twice.");
    }
    if (known.closed != 0) {
      return fail(code::kSessionClosed, "This attachment was closed; open with a new attachment name.");
    }
    Opening again{{known.session, id, known.partition, false}, std::nullopt};
    if (known.session != first) again.resume = first;
    return again;
  }
  if (attachments_.size() >= kBookEntriesMax) {
    return fail(code::kTryAgain, "Too many sessions are open; try again later.", Next::retry);
  }
  const PartitionId partition = partition_of(viewer, partitions_);
  if (of == sessions_.end()) return Opening{{first, id, partition, false}, std::nullopt};
  // Another attachment continues the session. Should that have closed meanwhile, a new one begins, and needs
  // an id of its own.
  const std::string own_name = std::string(session) + '\0' + std::string(attachment);
  return Opening{{derive_session_id(platform_, own_name), id, partition, false}, first};
}

SessionId NameBook::id_of(std::string_view session) const { return derive_session_id(platform_, session); }

std::optional<NameBook::Entry> NameBook::find(std::string_view session, std::string_view attachment) const {
  const SessionId first = derive_session_id(platform_, session);
  const auto of = sessions_.find(first);
  if (of == sessions_.end()) return std::nullopt;
  const AttachmentId id = derive_attachment_id(platform_, of->second.viewer, attachment);
  const auto it = attachments_.find(id);
  if (it == attachments_.end() || it->second.first != first) return std::nullopt;
  return Entry{it->second.session, id, it->second.partition, it->second.closed != 0};
}

void NameBook::apply(const Open& open, TimeMs now) {
  if (open.platform != platform_) return;
  const SessionId first = open.resume.value_or(open.session);
  const std::int64_t expires = now.ms + kSilentKeptMs;
  Session& of = sessions_.try_emplace(first, Session{open.viewer, expires}).first->second;
  of.expires_ms = std::max(of.expires_ms, expires);
  const auto [it, added] = attachments_.try_emplace(
      open.attachment, Attachment{first, open.session, partition_of(open.viewer, partitions_), 0, expires});
  if (!added && it->second.closed == 0) it->second.expires_ms = std::max(it->second.expires_ms, expires);
  opened_.push_back(first);
}

void NameBook::apply(const Stop& stop, TimeMs now) {
  const auto it = attachments_.find(stop.attachment);
  if (it == attachments_.end() || it->second.closed != 0) return;
  it->second.closed = 1;
  it->second.expires_ms = now.ms + kClosedKeptMs;
}

void NameBook::touch(const AttachmentId& attachment, TimeMs now) {
  const auto it = attachments_.find(attachment);
  if (it == attachments_.end() || it->second.closed != 0) return;
  const std::int64_t expires = now.ms + kSilentKeptMs;
  if (it->second.expires_ms > expires - kTouchEveryMs) return;
  it->second.expires_ms = expires;
  // The name belongs to its viewer as long as anybody watches.
  if (const auto of = sessions_.find(it->second.first); of != sessions_.end())
    of->second.expires_ms = std::max(of->second.expires_ms, expires);
}

void NameBook::sweep(TimeMs now) {
  erase_if(attachments_, [&](const auto& item) { return item.second.expires_ms <= now.ms; });
  erase_if(sessions_, [&](const auto& item) { return item.second.expires_ms <= now.ms; });
}

void NameBook::write_image(ImageWriter& out) const {
  out.value<std::uint64_t>(sessions_.size());
  for (const auto& [id, session] : sessions_) out.value(SessionImage{id, session});
  out.value<std::uint64_t>(attachments_.size());
  for (const auto& [id, attachment] : attachments_) out.value(AttachmentImage{id, attachment});
}

void NameBook::read_image(ImageReader& in) {
  for (std::uint64_t n = in.count(); n > 0 && in.good(); --n) {
    SessionImage image;
    in.value(image);
    if (in.good()) sessions_[image.id] = image.session;
  }
  for (std::uint64_t n = in.count(); n > 0 && in.good(); --n) {
    AttachmentImage image;
    in.value(image);
    if (image.attachment.partition >= PartitionId{partitions_}) in.refuse();
    if (in.good()) attachments_[image.id] = image.attachment;
  }
}

}  // namespace paytick::ingest
