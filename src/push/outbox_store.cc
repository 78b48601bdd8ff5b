#include "push/outbox_store.h"

#include <fmt/format.h>

#include <pqxx/pqxx>
#include <utility>

#include "projections/notices.h"
#include "projections/postgres_connection.h"
#include "push/notice_json.h"

namespace paytick::push {
namespace {

using projections::guarded;

constexpr int kWaiting = static_cast<int>(DeliveryState::waiting);
constexpr int kDead = static_cast<int>(DeliveryState::dead);
constexpr int kCleanAtOnce = 10'000;  // rows, so that a transaction stays short

template <typename Id>
std::string hex(const Id& id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : id.bytes) text.append({kDigits[byte >> 4], kDigits[byte & 15]});
  return text;
}

// A text array for $n::text[].
std::string array_of(const pqxx::transaction_base& tx, const std::vector<std::string>& texts) {
  std::string list = "ARRAY[";
  for (const std::string& text : texts) list += (list.size() > 6 ? ", " : "") + tx.quote(text);
  return list + "]::text[]";
}

}  // namespace

struct OutboxStore::Link {
  explicit Link(std::string given) : url(std::move(given)) {}

  template <typename Work>
  auto ask(const Work& work) -> Result<decltype(work(std::declval<pqxx::connection&>()))> {
    auto done = guarded([&] {
      if (!connection) connection = projections::open_connection(url, projections::kOutbox);
      return work(*connection);
    });
    if (!done) connection.reset();
    return done;
  }

  const std::string url;
  std::unique_ptr<pqxx::connection> connection;
};

OutboxStore::OutboxStore(std::string url) : link_(std::make_unique<Link>(std::move(url))) {}
OutboxStore::~OutboxStore() = default;

struct OutboxStore::Batch::Impl {
  Impl(pqxx::connection& connection, std::string name) : webhook(std::move(name)), tx(connection) {}
  const std::string webhook;
  pqxx::work tx;
  std::vector<Delivery> deliveries;
};

OutboxStore::Batch::Batch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OutboxStore::Batch::~Batch() = default;
const std::vector<Delivery>& OutboxStore::Batch::deliveries() const { return impl_->deliveries; }

Result<std::unique_ptr<OutboxStore::Batch>> OutboxStore::claim(const std::string& webhook, TimeMs now,
                                                               std::size_t most) {
  return link_->ask([&](pqxx::connection& connection) {
    auto batch = std::make_unique<Batch::Impl>(connection, webhook);
    const auto rows = batch->tx.exec_params(
        std::string("SELECT d.attempts, ") + kNoticeColumns +
            " FROM deliveries d JOIN notices n USING (seq) WHERE d.webhook = $1 AND d.state = " +
            std::to_string(kWaiting) +
            " AND d.next_ms <= $2 ORDER BY d.next_ms, d.seq LIMIT $3 FOR UPDATE OF d SKIP LOCKED",
        webhook, now.ms, most);
    for (const auto& row : rows) batch->deliveries.push_back({read_notice(row), row[0].as<std::int32_t>()});
    return std::unique_ptr<Batch>(new Batch(std::move(batch)));
  });
}

Result<void> OutboxStore::Batch::note(const Delivery& delivery, const Tried& tried, TimeMs now) {
  return guarded([&] {
    if (tried.next.state == DeliveryState::delivered) {
      impl_->tx.exec_params("DELETE FROM deliveries WHERE seq = $1 AND webhook = $2", delivery.notice.seq,
                            impl_->webhook);
      return;
    }
    impl_->tx.exec_params(
        "UPDATE deliveries SET state = $2, attempts = $3, next_ms = $4, status = nullif($5, 0), error = $6, "
        "tried_ms = $7"
        " WHERE seq = $1 AND webhook = $8",
        delivery.notice.seq, static_cast<int>(tried.next.state), delivery.attempts + 1, tried.next.at.ms,
        static_cast<int>(tried.attempt.status), tried.error, now.ms, impl_->webhook);
  });
}

Result<void> OutboxStore::Batch::commit() {
  return guarded([&] { impl_->tx.commit(); });
}

Result<std::vector<Notice>> OutboxStore::read(std::int64_t seq, const NoticeFilter& filter,
                                              std::size_t most) {
  return link_->ask([&](pqxx::connection& connection) {
    pqxx::read_transaction tx(connection);
    std::string where = " WHERE n.seq > $1 AND ($2::bigint >> n.type) & 1 = 1";
    if (filter.platform) where += " AND n.platform = " + tx.quote(hex(*filter.platform)) + "::uuid";
    if (filter.account) {
      const std::string account = tx.quote(to_text(*filter.account));
      where += " AND (n.viewer = " + account + " OR n.creator = " + account + ")";
    }
    std::vector<Notice> notices;
    for (const auto& row : tx.exec_params(
             std::string("SELECT ") + kNoticeColumns + " FROM notices n" + where + " ORDER BY n.seq LIMIT $3",
             seq, static_cast<std::int64_t>(filter.types), most))
      notices.push_back(read_notice(row));
    return notices;
  });
}

Result<OutboxStore::Ends> OutboxStore::ends() {
  return link_->ask([&](pqxx::connection& connection) {
    pqxx::read_transaction tx(connection);
    const auto row =
        tx.exec("SELECT h.seq, coalesce((SELECT min(n.seq) FROM notices n), h.seq + 1) FROM head h");
    return Ends{row[0][1].as<std::int64_t>(), row[0][0].as<std::int64_t>()};
  });
}

Result<std::int64_t> OutboxStore::clean(const Keeping& keeping, TimeMs now) {
  return link_->ask([&](pqxx::connection& connection) {
    pqxx::work tx(connection);
    std::int64_t given_up = 0;
    const auto give_up = [&](const std::string& which, const char* why) {
      given_up += static_cast<std::int64_t>(
          tx.exec_params(
                fmt::format("UPDATE deliveries d SET state = {}, tried_ms = $1, error = $2 FROM ({} LIMIT {} "
                            "FOR UPDATE SKIP LOCKED) old "
                            "WHERE d.seq = old.seq AND d.webhook = old.webhook AND d.state = {}",
                            kDead, which, kCleanAtOnce, kWaiting),
                now.ms, why)
              .affected_rows());
    };
    give_up(fmt::format("SELECT seq, webhook FROM deliveries WHERE state = {} AND webhook <> ALL ({})",
                        kWaiting, array_of(tx, keeping.webhooks)),
            "no such webhook is configured any more");
    for (const std::string& webhook : keeping.webhooks) {
      const auto of = [name = tx.quote(webhook)](int state) {
        return fmt::format("FROM deliveries WHERE webhook = {} AND state = {}", name, state);
      };
      give_up(fmt::format(
                  "SELECT seq, webhook {0} AND seq <= (SELECT seq {0} ORDER BY seq DESC OFFSET {1} LIMIT 1)",
                  of(kWaiting), keeping.waiting_max),
              "too many were waiting");
      tx.exec(fmt::format(
          "DELETE FROM deliveries d USING (SELECT seq, webhook {} ORDER BY tried_ms DESC OFFSET {} "
          "LIMIT {}) old WHERE d.seq = old.seq AND d.webhook = old.webhook",
          of(kDead), keeping.dead_max, kCleanAtOnce));
    }
    tx.exec_params(fmt::format("DELETE FROM deliveries WHERE state = {} AND tried_ms < $1", kDead),
                   now.ms - keeping.dead_ms);
    tx.exec_params(
        fmt::format(
            "DELETE FROM notices WHERE seq IN (SELECT n.seq FROM notices n WHERE n.enqueued_ms < $1 AND NOT"
            " EXISTS (SELECT 1 FROM deliveries d WHERE d.seq = n.seq) ORDER BY n.enqueued_ms LIMIT {})",
            kCleanAtOnce),
        now.ms - keeping.streams_ms);
    tx.commit();
    return given_up;
  });
}

Result<std::vector<WebhookCounts>> OutboxStore::counts() {
  return link_->ask([&](pqxx::connection& connection) {
    pqxx::read_transaction tx(connection);
    std::vector<WebhookCounts> all;
    for (const auto& row :
         tx.exec("SELECT c.webhook, c.waiting, c.dead, coalesce(n.enqueued_ms, 0) FROM (SELECT webhook,"
                 " count(*) FILTER (WHERE state = 0) AS waiting, count(*) FILTER (WHERE state = 2) AS dead,"
                 " min(seq) FILTER (WHERE state = 0) AS oldest FROM deliveries GROUP BY webhook) c"
                 " LEFT JOIN notices n ON n.seq = c.oldest ORDER BY c.webhook"))
      all.push_back(
          {row[0].c_str(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>(), row[3].as<std::int64_t>()});
    return all;
  });
}

Result<std::vector<DeadLetter>> OutboxStore::dead(const std::string& webhook, std::size_t most) {
  return link_->ask([&](pqxx::connection& connection) {
    pqxx::read_transaction tx(connection);
    std::vector<DeadLetter> letters;
    for (const auto& row : tx.exec_params(
             "SELECT d.webhook, encode(uuid_send(n.id), 'hex'), n.type, coalesce(d.error, ''), n.at_ms,"
             " coalesce(d.tried_ms, 0), d.attempts, coalesce(d.status, 0) FROM deliveries d JOIN notices n "
             "USING (seq)"
             " WHERE d.state = 2 AND ($1 = '' OR d.webhook = $1) ORDER BY d.tried_ms DESC, d.seq DESC LIMIT "
             "$2",
             webhook, most)) {
      DeadLetter letter;
      letter.webhook = row[0].c_str();
      letter.id = row[1].c_str();
      letter.type = projections::to_text(static_cast<projections::NoticeType>(row[2].as<int>()));
      letter.error = row[3].c_str();
      letter.at_ms = row[4].as<std::int64_t>();
      letter.tried_ms = row[5].as<std::int64_t>();
      letter.attempts = row[6].as<std::int32_t>();
      letter.status = row[7].as<std::int32_t>();
      letters.push_back(std::move(letter));
    }
    return letters;
  });
}

Result<std::int64_t> OutboxStore::retry(const std::string& webhook, const std::string& id, TimeMs now) {
  return link_->ask([&](pqxx::connection& connection) {
    pqxx::work tx(connection);
    const auto done = tx.exec_params(
        "UPDATE deliveries d SET state = 0, attempts = 0, next_ms = $3 FROM notices n WHERE n.seq = d.seq "
        "AND d.state = 2"
        " AND ($1 = '' OR d.webhook = $1) AND ($2 = '' OR encode(uuid_send(n.id), 'hex') = $2)",
        webhook, id, now.ms);
    tx.commit();
    return static_cast<std::int64_t>(done.affected_rows());
  });
}

}  // namespace paytick::push
