#pragma once
// The catalogue in memory: the newest record of each content, followed from the topic `catalog`.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ingest/auth/key_book.h"
#include "ingest/views.h"
#include "log/event_log.h"
#include "model/catalog.h"
#include "model/error.h"

namespace paytick::ingest {

// All of the catalogue lives in one partition, so that it has one order.
inline constexpr log::TopicPartition kCatalogTopic{log::Topic::catalog, PartitionId{0}};

// Content that a gateway keeps in memory, about 1 KB each; more is refused with "catalog_full".
inline constexpr std::size_t kCatalogItemsMax = 1'000'000;
inline constexpr std::size_t kPageItemsMax = 100;
inline constexpr std::size_t kPageItemsDefault = 50;

// Thread-safe.
class Catalog {
 public:
  void apply(Content content);
  std::shared_ptr<const Content> find(const ContentId& id) const;
  std::size_t size() const;
  // Whether something in the catalogue earns for this account: it is registered on chain, and can be paid.
  bool knows_creator(const CreatorId& creator) const;

  // Content that is not closed, newest first. The cursor is what the page before gave as `next`; one that
  // nobody gave out is an error, "bad_field".
  struct Page {
    std::vector<std::shared_ptr<const Content>> items;
    std::optional<std::string> next;
  };
  Result<Page> page(std::string_view cursor, std::size_t limit) const;

  // How often what is in it was viewed; not of the topic, and so from outside.
  void set_views(Views views);
  std::shared_ptr<const Views> views() const;

 private:
  struct Key {  // newest first
    std::int64_t negative_ms = 0;
    ContentId id;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  static Key key_of(const Content& content) { return {-content.created_at.ms, content.id}; }

  mutable std::shared_mutex mutex_;
  std::unordered_map<ContentId, std::shared_ptr<const Content>> by_id_;
  std::map<Key, std::shared_ptr<const Content>> listed_;
  std::unordered_set<CreatorId> creators_;
  std::shared_ptr<const Views> views_ = std::make_shared<const Views>();
};

// Follows the topic into a Catalog, and the keys in it into a KeyBook where there is one. One thread pumps.
class CatalogFollower {
 public:
  CatalogFollower(log::EventLog& log, Catalog& catalog, KeyBook* keys = nullptr)
      : log_(log), catalog_(catalog), keys_(keys) {}

  // Applies everything that can be read now; true if there was something. A record that cannot be read is
  // counted and passed over.
  Result<bool> pump();
  Offset position() const { return next_; }
  std::uint64_t unreadable() const { return unreadable_; }

 private:
  log::EventLog& log_;
  Catalog& catalog_;
  KeyBook* const keys_;
  Offset next_{};
  std::atomic<std::uint64_t> unreadable_{0};
};

// The record that puts a content into the topic.
log::NewRecord catalog_record(const Content& content, TimeMs append_time);

}  // namespace paytick::ingest
