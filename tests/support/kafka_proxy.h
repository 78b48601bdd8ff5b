#pragma once
// Stands between Kafka clients and a broker and spoils single requests, named by their API key: the faults
// that make a call's outcome unknown. Plaintext connections only. Safe to call from any thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace paytick::testing {

// Numbers of the protocol.
enum class KafkaApi : std::int16_t {
  produce = 0,
  fetch = 1,
  init_producer_id = 22,
  add_partitions_to_txn = 24,
  add_offsets_to_txn = 25,
  end_txn = 26,
  txn_offset_commit = 28,
};

class KafkaProxy {
 public:
  KafkaProxy();  // listens on a free port of the loopback interface
  ~KafkaProxy();
  KafkaProxy(const KafkaProxy&) = delete;
  KafkaProxy& operator=(const KafkaProxy&) = delete;

  std::uint16_t port() const { return port_; }
  void forward_to(std::uint16_t broker_port) { broker_port_ = broker_port; }

  // The next request of this kind waits here, one at a time; its client may give up and hang up meanwhile.
  void hold_next(KafkaApi api);
  // Whether a request is held by then.
  bool await_held(std::chrono::milliseconds patience = std::chrono::seconds(20));
  // Lets the held request go on to the broker, though its client may be gone; returns when the broker has
  // answered it, false if it has not within ten seconds.
  bool release();

  // The next request of this kind never reaches the broker: its connection is cut.
  void cut_before(KafkaApi api);
  // The next request of this kind reaches the broker; its connection is cut in place of the answer.
  void cut_after(KafkaApi api);

  // Every request takes this much longer from now on.
  void slow_down(std::chrono::milliseconds by) { delay_ms_ = by.count(); }
  // While blocked, connections are cut as soon as they are made; those that stand are cut now.
  void block(bool blocked);

  // How many requests of this kind have gone on to the broker.
  std::int64_t forwarded(KafkaApi api);

 private:
  enum class Fault : std::uint8_t { none, hold, cut_before, cut_after };
  enum class Held : std::uint8_t { nothing, waiting, released, answered, lost };
  struct Connection;

  void accept_all();
  void pump_requests(Connection& connection);
  void pump_answers(Connection& connection);
  Fault take_fault(std::int16_t api);
  bool hold(Connection& connection, std::uint32_t correlation);
  void note_answer(Connection& connection, Held outcome);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::uint16_t> broker_port_{0};
  std::atomic<std::int64_t> delay_ms_{0};
  std::atomic<bool> is_blocked_{false};
  std::atomic<bool> is_ending_{false};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::int16_t, Fault> faults_;
  std::map<std::int16_t, std::int64_t> forwarded_;
  Held held_ = Held::nothing;  // what became of the request that is or was held
  std::list<std::unique_ptr<Connection>> connections_;
  std::thread acceptor_;
};

}  // namespace paytick::testing
