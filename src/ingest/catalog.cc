#include "ingest/catalog.h"

#include <charconv>
#include <mutex>

#include "ingest/errors.h"
#include "model/codec.h"

namespace paytick::ingest {
namespace {

constexpr std::size_t kReadBytes = 1024 * 1024;

}  // namespace

void Catalog::apply(Content content) {
  auto shared = std::make_shared<const Content>(std::move(content));
  const std::unique_lock lock(mutex_);
  auto& slot = by_id_[shared->id];
  if (slot) listed_.erase(key_of(*slot));
  slot = shared;
  creators_.insert(shared->creator_wallet);
  if (!shared->closed) listed_.emplace(key_of(*shared), shared);
}

std::shared_ptr<const Content> Catalog::find(const ContentId& id) const {
  const std::shared_lock lock(mutex_);
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second;
}

bool Catalog::knows_creator(const CreatorId& creator) const {
  const std::shared_lock lock(mutex_);
  return creators_.contains(creator);
}

void Catalog::set_views(Views views) {
  auto shared = std::make_shared<const Views>(std::move(views));
  const std::unique_lock lock(mutex_);
  views_.swap(shared);  // the older one ends after the lock
}

std::shared_ptr<const Views> Catalog::views() const {
  const std::shared_lock lock(mutex_);
  return views_;
}

std::size_t Catalog::size() const {
  const std::shared_lock lock(mutex_);
  return by_id_.size();
}

Result<Catalog::Page> Catalog::page(std::string_view cursor, std::size_t limit) const {
  // A cursor is "<created ms>.<id>" of the last item given.
  std::optional<Key> after;
  if (!cursor.empty()) {
    const auto dot = cursor.find('.');
    std::int64_t ms = 0;
    const auto parsed = std::from_chars(cursor.data(), cursor.data() + std::min(dot, cursor.size()), ms);
    const auto id = dot == cursor.npos ? std::nullopt : parse_id<ContentId>(cursor.substr(dot + 1));
    if (parsed.ec != std::errc{} || !id || ms < 0) {
      return fail(code::kBadField, "This cursor is none that a list gave as next.");
    }
    after = Key{-ms, *id};
  }
  Page page;
  const std::shared_lock lock(mutex_);
  auto it = after ? listed_.upper_bound(*after) : listed_.begin();
  for (; it != listed_.end() && page.items.size() < limit; ++it) page.items.push_back(it->second);
  if (it != listed_.end() && !page.items.empty()) {
    const Content& last = *page.items.back();
    page.next = std::to_string(last.created_at.ms) + "." + to_text(last.id);
  }
  return page;
}

Result<bool> CatalogFollower::pump() {
  bool moved = false;
  for (;;) {
    auto records = log_.read(kCatalogTopic, next_, kReadBytes);
    if (!records) return tl::unexpected(std::move(records.error()));
    if (records->empty()) return moved;
    for (log::Record& record : *records) {
      next_ = Offset{static_cast<std::int64_t>(record.offset) + 1};
      codec::for_each_line(record.value, [this](codec::MutableLine line) {
        auto parsed = codec::parse_catalog(line);
        if (!parsed) {
          ++unreadable_;
        } else if (auto* content = std::get_if<Content>(&*parsed)) {
          catalog_.apply(std::move(*content));
        } else if (const auto* key = std::get_if<ApiKey>(&*parsed)) {
          if (keys_ != nullptr) keys_->apply(*key);
        } else if (keys_ != nullptr) {
          keys_->apply(std::get<TokenIssuer>(*parsed));
        }
      });
    }
    moved = true;
  }
}

log::NewRecord catalog_record(const Content& content, TimeMs append_time) {
  log::NewRecord record{kCatalogTopic, append_time, to_text(content.id), {}};
  codec::write(content, record.value);
  return record;
}

}  // namespace paytick::ingest
