#include "push/webhook_sender.h"

#include <pthread.h>

#include <array>
#include <utility>

#include "push/addresses.h"

namespace paytick::push {
namespace {

constexpr std::size_t kBatch = 8;           // notices locked at once: what a crash may send twice
constexpr std::int64_t kLookEveryMs = 200;  // into a queue that was empty
constexpr std::int64_t kHouseEveryMs = 10'000;
constexpr std::chrono::milliseconds kNap{50};
constexpr std::chrono::milliseconds kDatabaseNap{1'000};
constexpr std::size_t kAnswerBytesMax = 64 * 1024;  // what a receiver says is not used
constexpr std::size_t kErrorBytesMax = 300;

Result<chain::HttpClient> connect_to(const WebhookTarget& target, std::chrono::milliseconds timeout) {
  chain::HttpOptions options;
  options.timeout = timeout;
  options.answer_bytes_max = kAnswerBytesMax;
  options.user_agent = "paytick-webhooks";
  if (!target.private_addresses) options.may_connect = is_public_address;
  return chain::HttpClient::create(target.url, std::move(options));
}

}  // namespace

Endpoint::Endpoint(const WebhookTarget& target, std::chrono::milliseconds timeout)
    : target_(target), client_(connect_to(target, timeout)) {}

Attempt Endpoint::post(const Notice& notice, TimeMs now, std::string& error) {
  if (!client_) {
    error = client_.error().message;
    return {};
  }
  const std::int64_t seconds = now.ms / 1'000;
  const auto answer = client_->post(
      notice.body, {{"webhook-id", notice.id},
                    {"webhook-timestamp", std::to_string(seconds)},
                    {"webhook-signature", sign(target_.secrets, notice.id, seconds, notice.body)}});
  if (!answer) {
    error = answer.error().message.substr(0, kErrorBytesMax);
    return {};
  }
  const Attempt attempt{answer->status};
  if (!attempt.ok()) error = "answered " + std::to_string(answer->status);
  return attempt;
}

struct WebhookSender::Tools {
  explicit Tools(const SenderConfig& config) : store(config.database_url) {
    for (const WebhookTarget& target : config.webhooks) endpoints.emplace_back(target, config.timeout);
  }
  OutboxStore store;
  std::vector<Endpoint> endpoints;
  TimeMs house_at;
};

WebhookSender::WebhookSender(SenderConfig config, WallClock& clock, Random& random,
                             std::function<void(std::chrono::nanoseconds)> on_sent)
    : config_(std::move(config)),
      clock_(clock),
      random_(random),
      on_sent_(std::move(on_sent)),
      queues_(config_.webhooks.size()) {}

WebhookSender::~WebhookSender() { stop(); }

void WebhookSender::start() {
  const int threads = config_.webhooks.empty() ? 1 : config_.threads;
  for (int i = 0; i < threads; ++i)
    threads_.emplace_back([this, i] {
      ::pthread_setname_np(::pthread_self(), "webhooks");
      run(i == 0);
    });
}

void WebhookSender::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

SenderStatus WebhookSender::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void WebhookSender::note(const std::optional<Error>& trouble) {
  const std::lock_guard lock(mutex_);
  status_.trouble = trouble;
}

void WebhookSender::run(bool keeps_house) {
  Tools tools(config_);
  for (std::size_t turn = 0;; ++turn) {
    bool sent = false;
    for (std::size_t i = 0; i < queues_.size(); ++i) sent |= serve(tools, (turn + i) % queues_.size());
    if (keeps_house && clock_.now() >= tools.house_at) {
      const auto kept = keep_house(tools);
      note(kept ? std::nullopt : std::optional(kept.error()));
      tools.house_at = clock_.now() + kHouseEveryMs;
    }
    std::unique_lock lock(mutex_);
    if (!sent) wake_.wait_for(lock, status_.trouble ? kDatabaseNap : kNap, [this] { return stopping_; });
    if (stopping_) return;
  }
}

// True: there may be more to send at once.
bool WebhookSender::serve(Tools& tools, std::size_t webhook) {
  {
    const std::lock_guard lock(mutex_);
    Queue& queue = queues_[webhook];
    const TimeMs now = clock_.now();
    if (stopping_ || queue.busy >= config_.webhooks[webhook].concurrency || !queue.rest.may_send(now) ||
        now < queue.look_at)
      return false;
    ++queue.busy;
  }
  const auto sent = send_batch(tools, webhook);
  const std::lock_guard lock(mutex_);
  Queue& queue = queues_[webhook];
  --queue.busy;
  if (!sent) {
    status_.trouble = sent.error();
    return false;
  }
  status_.trouble.reset();
  if (*sent < kBatch) queue.look_at = clock_.now() + kLookEveryMs;
  return *sent > 0;
}

Result<std::size_t> WebhookSender::send_batch(Tools& tools, std::size_t webhook) {
  auto batch = tools.store.claim(config_.webhooks[webhook].name, clock_.now(), kBatch);
  if (!batch) return tl::unexpected(batch.error());
  for (const Delivery& delivery : (*batch)->deliveries()) {
    Tried tried;
    const auto begin = std::chrono::steady_clock::now();
    tried.attempt = tools.endpoints[webhook].post(delivery.notice, clock_.now(), tried.error);
    if (on_sent_) on_sent_(std::chrono::steady_clock::now() - begin);
    const TimeMs now = clock_.now();
    std::array<std::uint8_t, 4> chance{};
    random_.fill(chance);
    tried.next = after(config_.retry, delivery.attempts + 1, tried.attempt, now,
                       static_cast<std::uint32_t>(chance[0] | chance[1] << 8 | chance[2] << 16));
    if (auto noted = (*batch)->note(delivery, tried, now); !noted) return tl::unexpected(noted.error());
    const std::lock_guard lock(mutex_);
    tried.next.state == DeliveryState::delivered ? ++status_.delivered : ++status_.failed;
    if (tried.next.state == DeliveryState::dead) ++status_.given_up;
    queues_[webhook].rest.note(tried.attempt, now);
    if (stopping_ || !queues_[webhook].rest.may_send(now)) break;  // the others keep their turn
  }
  const std::size_t claimed = (*batch)->deliveries().size();
  if (claimed > 0)
    if (auto done = (*batch)->commit(); !done) return tl::unexpected(done.error());
  return claimed;
}

Result<void> WebhookSender::keep_house(Tools& tools) {
  const auto given_up = tools.store.clean(config_.keeping, clock_.now());
  if (!given_up) return tl::unexpected(given_up.error());
  auto counts = tools.store.counts();
  if (!counts) return tl::unexpected(counts.error());
  const std::lock_guard lock(mutex_);
  status_.given_up += static_cast<std::uint64_t>(*given_up);
  status_.counts = std::move(*counts);
  return {};
}

}  // namespace paytick::push
