#pragma once
// The outbox (src/projections/outbox_migrations) as senders, event streams and operators use it. One
// connection, made when it is first needed; one thread. Errors as in projections/database.h; after one the
// connection is made anew.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/error.h"
#include "model/ids.h"
#include "model/time.h"
#include "push/retry.h"

namespace paytick::push {

// A notice as it is sent: schemas/asyncapi.yaml has its shape.
struct Notice {
  std::int64_t seq = 0;
  std::string id;    // 32 hexadecimal digits
  std::string type;  // "halt"
  std::string body;  // JSON
  // Who may see it.
  std::uint32_t type_number = 0;  // projections::NoticeType
  std::optional<PlatformId> platform;
  std::string viewer, creator;
};

// Whose notices; all empty: everybody's.
struct NoticeFilter {
  std::optional<PlatformId> platform;
  std::optional<AccountId> account;  // the viewer or the creator
  std::uint32_t types = 0xFFFFFFFF;  // projections::NoticeTypes
};

struct Delivery {
  Notice notice;
  std::int32_t attempts = 0;  // before
};

// What became of an attempt.
struct Tried {
  NextStep next;
  Attempt attempt;
  std::string error;  // empty when it was delivered
};

struct WebhookCounts {
  std::string webhook;
  std::int64_t waiting = 0, dead = 0;
  std::int64_t oldest_ms = 0;  // when the oldest that waits was enqueued; 0: none waits
};

struct DeadLetter {
  std::string webhook, id, type, error;
  std::int64_t at_ms = 0, tried_ms = 0;
  std::int32_t attempts = 0, status = 0;
};

struct Keeping {
  std::int64_t streams_ms = 0;        // how long notices are kept for event streams
  std::int64_t dead_ms = 0;           // how long dead letters are
  std::int64_t waiting_max = 0;       // a webhook; the oldest beyond become dead letters
  std::int64_t dead_max = 0;          // a webhook; the oldest beyond are forgotten
  std::vector<std::string> webhooks;  // that are configured: what waits for others becomes a dead letter
};

class OutboxStore {
 public:
  explicit OutboxStore(std::string url);
  ~OutboxStore();

  // Deliveries of a webhook that are due, locked until the batch ends: another sender passes them over.
  class Batch {
   public:
    ~Batch();  // what has been noted and not committed is forgotten, and will be sent again
    const std::vector<Delivery>& deliveries() const;
    Result<void> note(const Delivery& delivery, const Tried& tried, TimeMs now);
    Result<void> commit();

   private:
    friend class OutboxStore;
    struct Impl;
    explicit Batch(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
  };
  // The batch must end before the store is used again.
  Result<std::unique_ptr<Batch>> claim(const std::string& webhook, TimeMs now, std::size_t most);

  // After `seq`, oldest first.
  Result<std::vector<Notice>> read(std::int64_t seq, const NoticeFilter& filter, std::size_t most);
  struct Ends {
    std::int64_t oldest = 0;  // the first that is still there; newest + 1 when none is
    std::int64_t newest = 0;
  };
  Result<Ends> ends();

  // Forgets what is too old or too much; returns how many deliveries were given up.
  Result<std::int64_t> clean(const Keeping& keeping, TimeMs now);

  Result<std::vector<WebhookCounts>> counts();
  Result<std::vector<DeadLetter>> dead(const std::string& webhook, std::size_t most);  // empty: of all
  // Has dead letters sent again: one, or all of a webhook, or all. Returns how many.
  Result<std::int64_t> retry(const std::string& webhook, const std::string& id, TimeMs now);

 private:
  struct Link;  // the connection
  std::unique_ptr<Link> link_;
};

}  // namespace paytick::push
