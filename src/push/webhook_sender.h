#pragma once
// Sends notices to webhooks: some threads, each with a connection to the database and one to each endpoint.
// At least once: a notice's row goes in a transaction that ends after the receiver has taken it, so a crash
// in between sends it again, under the same id. Senders of several processes lock rows, and so never send the
// same notice at once.
//
// A receiver that is down costs its own slots and nobody else's: at most `concurrency` threads of a process
// are with one endpoint, and it is left alone for a while after it failed (retry.h).
//
// start(), stop() and status() from any thread.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "chain/http_client.h"
#include "model/ports.h"
#include "push/outbox_store.h"
#include "push/retry.h"
#include "push/signature.h"

namespace paytick::push {

struct WebhookTarget {
  std::string name, url;
  std::vector<WebhookSecret> secrets;
  bool private_addresses = false;  // may be sent to our own network, too
  int concurrency = 2;
};

struct SenderConfig {
  std::string database_url;
  std::vector<WebhookTarget> webhooks;
  int threads = 4;
  std::chrono::milliseconds timeout{10'000};
  RetryPolicy retry;
  Keeping keeping;
};

struct SenderStatus {
  std::uint64_t delivered = 0, failed = 0, given_up = 0;  // attempts, by how they ended
  std::vector<WebhookCounts> counts;                      // as of some seconds ago
  std::optional<Error> trouble;                           // with the database
};

// One POST of a notice. The connection is kept for the next. One thread.
class Endpoint {
 public:
  Endpoint(const WebhookTarget& target, std::chrono::milliseconds timeout);
  // `error` says why, in words, when the attempt is not ok.
  Attempt post(const Notice& notice, TimeMs now, std::string& error);

 private:
  const WebhookTarget& target_;
  Result<chain::HttpClient> client_;
};

class WebhookSender {
 public:
  // The ports outlive it. `on_sent`, for metrics: called with the time of each attempt, from several threads.
  WebhookSender(SenderConfig config, WallClock& clock, Random& random,
                std::function<void(std::chrono::nanoseconds)> on_sent = nullptr);
  ~WebhookSender();  // stop()

  void start();
  void stop();  // after the attempts under way
  SenderStatus status() const;

 private:
  struct Queue {  // of one webhook, shared by the threads
    int busy = 0;
    EndpointRest rest;
    TimeMs look_at;  // not before: it was empty
  };
  struct Tools;  // of one thread
  void run(bool keeps_house);
  bool serve(Tools& tools, std::size_t webhook);
  Result<std::size_t> send_batch(Tools& tools, std::size_t webhook);
  Result<void> keep_house(Tools& tools);
  void note(const std::optional<Error>& trouble);

  const SenderConfig config_;
  WallClock& clock_;
  Random& random_;
  const std::function<void(std::chrono::nanoseconds)> on_sent_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<Queue> queues_;
  SenderStatus status_;
  std::vector<std::thread> threads_;
};

}  // namespace paytick::push
