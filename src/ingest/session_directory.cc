#include "ingest/session_directory.h"

#include <sodium.h>

#include <algorithm>
#include <string>
#include <utility>

#include "ingest/errors.h"
#include "model/name_ids.h"
#include "model/partition.h"

namespace paytick::ingest {

// An attachment's key begins with the first byte of its session's key, so that both live in one shard.
struct SessionDirectory::Shard {
  std::mutex mutex;
  FlatMap<NameKey, Session> sessions;
  FlatMap<NameKey, Attachment> attachments;
};

SessionDirectory::SessionDirectory(std::uint32_t partitions, Random& random, std::size_t restored_max)
    : partitions_(partitions), restored_max_(restored_max) {
  random.fill(hash_key_);
  for (auto& shard : shards_) shard = std::make_unique<Shard>();
}

SessionDirectory::~SessionDirectory() = default;

NameKey SessionDirectory::hash(std::string_view a, std::string_view b) const {
  // Names are bounded (kReferenceBytesMax), so this holds them.
  std::array<unsigned char, 256> buffer;
  const std::size_t a_size = std::min(a.size(), std::size_t{64});
  const std::size_t b_size = std::min(b.size(), buffer.size() - a_size);
  std::copy_n(a.data(), a_size, buffer.data());
  std::copy_n(b.data(), b_size, buffer.data() + a_size);
  NameKey key;
  crypto_shorthash_siphashx24(key.bytes.data(), buffer.data(), a_size + b_size, hash_key_.data());
  return key;
}

NameKey SessionDirectory::session_key(const PlatformId& platform, std::string_view session) const {
  return hash({reinterpret_cast<const char*>(platform.bytes.data()), platform.bytes.size()}, session);
}

NameKey SessionDirectory::attachment_key(const NameKey& session, std::string_view attachment) const {
  NameKey key = hash({reinterpret_cast<const char*>(session.bytes.data()), session.bytes.size()}, attachment);
  key.bytes[15] = session.bytes[15];
  return key;
}

SessionDirectory::Shard& SessionDirectory::shard_of(const NameKey& key) const {
  return *shards_[key.bytes[15] % kShards];
}

SessionDirectory::Attachment& SessionDirectory::insert(Shard& shard, const NameKey& key,
                                                       const DirectoryEntry& entry, TimeMs now) {
  Attachment& slot = shard.attachments[key];
  slot = {entry, now.ms + kSilentKeptMs};
  return slot;
}

void SessionDirectory::index(const AttachmentId& attachment, const NameKey& key) {
  const std::lock_guard lock(index_mutex_);
  by_attachment_[attachment] = key;
}

std::optional<ViewerId> SessionDirectory::restored_viewer(const SessionId& session) const {
  const std::lock_guard lock(index_mutex_);
  for (const Restored* restored : {&young_, &old_}) {
    if (const auto it = restored->sessions.find(session); it != restored->sessions.end()) return it->second;
  }
  return std::nullopt;
}

std::optional<bool> SessionDirectory::restored_closed(const AttachmentId& attachment) const {
  const std::lock_guard lock(index_mutex_);
  for (const Restored* restored : {&young_, &old_}) {
    if (const auto it = restored->closed.find(attachment); it != restored->closed.end()) return it->second;
  }
  return std::nullopt;
}

Result<OpenedName> SessionDirectory::open(const PlatformId& platform, std::string_view session,
                                          std::string_view attachment, const ViewerId& viewer, TimeMs now) {
  const NameKey name = session_key(platform, session);
  const NameKey key = attachment_key(name, attachment);
  Shard& shard = shard_of(name);
  const std::lock_guard lock(shard.mutex);
  auto known = shard.sessions.find(name);
  if (known == shard.sessions.end()) {
    const SessionId first = derive_session_id(platform, session);
    const ViewerId owner = restored_viewer(first).value_or(viewer);
    if (shard.attachments.size() >= kDirectoryEntriesMax / kShards) {
      return fail(code::kTryAgain, "Too many sessions are open; try again later.", Next::retry);
    }
    known = shard.sessions.emplace(name, Session{owner, first, 0}).first;
    if (owner == viewer && !restored_viewer(first)) {
      // Nobody has used the name: this open begins the session under the name's own id.
      known->second.expires_ms = now.ms + kSilentKeptMs;
      const DirectoryEntry entry{first, derive_attachment_id(platform, viewer, attachment),
                                 partition_of(viewer, partitions_), false};
      insert(shard, key, entry, now);
      index(entry.attachment, key);
      return OpenedName{{name, key}, entry, std::nullopt};
    }
  }
  Session& of = known->second;
  of.expires_ms = now.ms + kSilentKeptMs;
  if (of.viewer != viewer)
    return fail(code::kSessionConflict, "This session name belongs to another viewer.");
  if (const auto it = shard.attachments.find(key); it != shard.attachments.end()) {
    if (it->second.entry.closed) {
      return fail(code::kSessionClosed, "This attachment was closed; open with a new attachment name.");
    }
    it->second.expires_ms = now.ms + kSilentKeptMs;
    return OpenedName{{name, key}, it->second.entry, std::nullopt};
  }
  // Another attachment of the same session continues it. Should it have closed meanwhile, a new session
  // begins, and that needs an id of its own.
  const std::string own_name = std::string(session) + '\0' + std::string(attachment);
  DirectoryEntry entry{derive_session_id(platform, own_name),
                       derive_attachment_id(platform, viewer, attachment), partition_of(viewer, partitions_),
                       false};
  if (const auto closed = restored_closed(entry.attachment)) {  // a repeat of what came before or elsewhere
    if (*closed)
      return fail(code::kSessionClosed, "This attachment was closed; open with a new attachment name.");
    entry.session = of.first;
  }
  insert(shard, key, entry, now);
  index(entry.attachment, key);
  return OpenedName{{name, key}, entry, of.first};
}

std::optional<DirectoryEntry> SessionDirectory::recall(const PlatformId& platform, std::string_view session,
                                                       std::string_view attachment, const NameKey& name,
                                                       Shard& shard, TimeMs now) {
  const SessionId id = derive_session_id(platform, session);
  const auto viewer = restored_viewer(id);
  if (!viewer) return std::nullopt;
  DirectoryEntry entry{id, derive_attachment_id(platform, *viewer, attachment),
                       partition_of(*viewer, partitions_), false};
  const auto closed = restored_closed(entry.attachment);
  if (!closed) return std::nullopt;
  entry.closed = *closed;
  shard.sessions.try_emplace(name, Session{*viewer, id, now.ms + kSilentKeptMs});
  return entry;
}

Result<SessionDirectory::Found> SessionDirectory::find(const PlatformId& platform, std::string_view session,
                                                       std::string_view attachment, bool stop, TimeMs now) {
  const NameKey name = session_key(platform, session);
  const NameKey key = attachment_key(name, attachment);
  Shard& shard = shard_of(name);
  const std::lock_guard lock(shard.mutex);
  auto it = shard.attachments.find(key);
  if (it == shard.attachments.end()) {
    const auto entry = recall(platform, session, attachment, name, shard, now);
    if (!entry) {
      return fail(code::kUnknownSession,
                  "No open session and attachment of these names; send their open again.");
    }
    insert(shard, key, *entry, now);
    index(entry->attachment, key);
    it = shard.attachments.find(key);
  }
  // The name belongs to its viewer as long as anybody watches: another's session of the same id must not
  // begin.
  ViewerId viewer;
  if (const auto of = shard.sessions.find(name); of != shard.sessions.end()) {
    of->second.expires_ms = now.ms + kSilentKeptMs;
    viewer = of->second.viewer;
  }
  Attachment& found = it->second;
  if (stop) {
    found.entry.closed = true;
    found.expires_ms = now.ms + kClosedKeptMs;
  } else if (found.entry.closed) {
    return fail(code::kSessionClosed, "This attachment was closed; open again with a new attachment name.");
  } else {
    found.expires_ms = now.ms + kSilentKeptMs;
  }
  return Found{key, found.entry, viewer};
}

void SessionDirectory::forget(const NameKeys& keys) {
  Shard& shard = shard_of(keys.session);
  const std::lock_guard lock(shard.mutex);
  const auto it = shard.attachments.find(keys.attachment);
  if (it == shard.attachments.end()) return;
  const auto session = shard.sessions.find(keys.session);
  if (session != shard.sessions.end() && session->second.first == it->second.entry.session) {
    shard.sessions.erase(session);
  }
  {
    const std::lock_guard index_lock(index_mutex_);
    by_attachment_.erase(it->second.entry.attachment);
  }
  shard.attachments.erase(it);
}

void SessionDirectory::reopen(const NameKey& key) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (const auto it = shard.attachments.find(key); it != shard.attachments.end())
    it->second.entry.closed = false;
}

void SessionDirectory::close(const AttachmentId& attachment, TimeMs now) {
  NameKey key;
  {
    const std::lock_guard lock(index_mutex_);
    const auto it = by_attachment_.find(attachment);
    if (it == by_attachment_.end()) {
      for (Restored* restored : {&young_, &old_})
        if (const auto found = restored->closed.find(attachment); found != restored->closed.end())
          found->second = true;
      return;
    }
    key = it->second;
  }
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto it = shard.attachments.find(key);
  if (it == shard.attachments.end()) return;
  it->second.entry.closed = true;
  it->second.expires_ms = now.ms + kClosedKeptMs;
}

void SessionDirectory::restore(const ViewerId& viewer, const SessionId& session,
                               const AttachmentId& attachment) {
  const std::lock_guard lock(index_mutex_);
  if (by_attachment_.contains(attachment) || young_.closed.contains(attachment) ||
      old_.closed.contains(attachment))
    return;
  if (young_.closed.size() >= restored_max_) old_ = std::exchange(young_, {});
  young_.sessions[session] = viewer;
  young_.closed[attachment] = false;
}

void SessionDirectory::sweep(TimeMs now) {
  Restored gone;  // freed after the locks
  Shard& shard = *shards_[sweep_next_];
  sweep_next_ = (sweep_next_ + 1) % kShards;
  const std::lock_guard lock(shard.mutex);
  const std::lock_guard index_lock(index_mutex_);
  if (now - young_since_ >= kSilentKeptMs) {
    gone = std::exchange(old_, std::exchange(young_, {}));
    young_since_ = now;
  }
  erase_if(shard.attachments, [&](const auto& item) {
    if (item.second.expires_ms > now.ms) return false;
    by_attachment_.erase(item.second.entry.attachment);
    return true;
  });
  erase_if(shard.sessions, [&](const auto& item) { return item.second.expires_ms <= now.ms; });
}

std::size_t SessionDirectory::size() const {
  std::size_t n = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    n += shard->attachments.size();
  }
  return n;
}

}  // namespace paytick::ingest
