#pragma once
// A real Kafka broker for the tests of one program (scripts/kafka runs it): free ports, a folder of its own,
// gone with the program even when that crashes. Starting takes one to two seconds, so tests share one and
// take topics of their own. One thread at a time; the broker ends when the thread that started it does.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/child_process.h"
#include "support/kafka_proxy.h"

struct rd_kafka_s;

namespace paytick::testing {

class KafkaBroker {
 public:
  struct Options {
    std::filesystem::path data = {};         // empty: a temporary folder that goes with the broker
    std::vector<std::string> settings = {};  // "key=value", over those of scripts/kafka
    std::vector<std::string> arguments =
        {};                // more for scripts/kafka run: {"--sasl", "21000", "--user", "a:b"}
    bool proxied = false;  // whether proxy() stands before a port of its own
  };

  // Both return when the broker answers clients; throw with its last words when it does not.
  KafkaBroker() : KafkaBroker(Options{}) {}
  explicit KafkaBroker(Options options);
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  // The program's broker, started by the first call.
  static KafkaBroker& shared();

  // Where clients find it; the same after a restart.
  const std::string& bootstrap() const { return bootstrap_; }
  // The same through the proxy. Only with Options::proxied.
  std::string proxied_bootstrap() const { return "127.0.0.1:" + std::to_string(proxy_->port()); }
  KafkaProxy& proxy() { return *proxy_; }

  void kill();  // SIGKILL
  void stop();  // in good order
  void
  start();  // after kill() or stop(), on the same ports and data; after a kill it takes three seconds more
  void restart() { kill(), start(); }
  void pause();   // SIGSTOP: connections stay, nothing is answered
  void resume();  // SIGCONT
  // From now on it can write nothing more, as on a full disk: it ends by itself at its next write. start()
  // and all is as before.
  void fill_disk();
  bool alive() { return process_ && process_->alive(); }

  // A name that no other test of this program uses.
  std::string fresh_name(const std::string& stem = "t");
  // Throws when the broker refuses it; returns when the broker knows it.
  void create_topic(const std::string& name, int partitions = 1,
                    const std::map<std::string, std::string>& config = {});
  void delete_topic(const std::string& name);

  const std::filesystem::path& data() const { return options_.data; }
  std::filesystem::path log() const { return options_.data / "broker.log"; }

 private:
  struct DestroyClient {
    void operator()(rd_kafka_s* client) const;
  };

  void run();
  bool read_ports();
  bool answers();

  Options options_;
  bool is_temporary_ = false;
  std::unique_ptr<KafkaProxy> proxy_;
  std::optional<app::ChildProcess> process_;
  std::string bootstrap_;
  std::unique_ptr<rd_kafka_s, DestroyClient> client_;
  int names_ = 0;
};

}  // namespace paytick::testing
