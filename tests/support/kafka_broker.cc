#include "support/kafka_broker.h"

#include <librdkafka/rdkafka.h>
#include <rapidjson/document.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace paytick::testing {
namespace {

constexpr std::chrono::seconds kPatience{90};  // the first start of all fetches the broker

[[noreturn]] void give_up(const std::string& text) { throw std::runtime_error("the Kafka broker " + text); }

std::filesystem::path temporary_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "paytick-kafka-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) give_up("has no temporary folder");
  return name;
}

rd_kafka_t* connect(const std::string& bootstrap) {
  char why[512];
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  const std::map<std::string, std::string> settings = {{"bootstrap.servers", bootstrap},
                                                       {"reconnect.backoff.ms", "20"},
                                                       {"reconnect.backoff.max.ms", "50"},
                                                       {"log_level", "0"}};
  for (const auto& [key, value] : settings)
    if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK)
      give_up(why);
  rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (client == nullptr) give_up(why);
  return client;
}

// One request to the broker's administration, and its answer for as long as this lives.
struct Question {
  rd_kafka_queue_t* queue;
  rd_kafka_event_t* event = nullptr;

  explicit Question(rd_kafka_t* client) : queue(rd_kafka_queue_new(client)) {}
  ~Question() {
    if (event != nullptr) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  rd_kafka_event_t* answer(const std::string& what) {
    event = rd_kafka_queue_poll(queue, 60'000);
    if (event == nullptr) give_up("does not " + what + ": no answer");
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
      give_up("does not " + what + ": " + rd_kafka_event_error_string(event));
    return event;
  }
};

void throw_refusals(const std::string& what, const rd_kafka_topic_result_t** results, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (rd_kafka_topic_result_error(results[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
      give_up("does not " + what + ": " + rd_kafka_topic_result_error_string(results[i]));
}

}  // namespace

void KafkaBroker::DestroyClient::operator()(rd_kafka_s* client) const { rd_kafka_destroy(client); }

KafkaBroker::KafkaBroker(Options options) : options_(std::move(options)) {
  is_temporary_ = options_.data.empty();
  if (is_temporary_) options_.data = temporary_folder();
  if (options_.proxied) proxy_ = std::make_unique<KafkaProxy>();
  run();
}

KafkaBroker::~KafkaBroker() {
  client_.reset();
  kill();
  std::error_code ignored;
  if (is_temporary_) std::filesystem::remove_all(options_.data, ignored);
}

KafkaBroker& KafkaBroker::shared() {
  static KafkaBroker broker;
  return broker;
}

void KafkaBroker::run() {
  std::filesystem::create_directories(options_.data);
  std::vector<std::string> command = {PAYTICK_SOURCE_DIR "/scripts/kafka", "run", "--data",
                                      options_.data.string()};
  command.insert(command.end(), options_.arguments.begin(), options_.arguments.end());
  for (const std::string& setting : options_.settings) command.insert(command.end(), {"--set", setting});
  if (proxy_) command.insert(command.end(), {"--behind", std::to_string(proxy_->port())});
  // SIGKILL also ends one that is paused when the program dies.
  auto process = app::ChildProcess::start({.command = command, .log = log(), .stop_signal = SIGKILL});
  if (!process) give_up("cannot be started: " + process.error().message);
  process_ = std::move(*process);
  const auto ready =
      app::wait_until_ready(*process_, kPatience, [this] { return read_ports() && answers(); });
  if (!ready) give_up("does not answer: " + ready.error().message);
}

// False until the broker's script has chosen its ports.
bool KafkaBroker::read_ports() {
  if (client_) return true;
  std::ifstream in(options_.data / "broker.json");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  rapidjson::Document state;
  if (state.Parse(text.c_str()).HasParseError() || !state.HasMember("pid")) return false;
  bootstrap_ = "127.0.0.1:" + std::to_string(state["port"].GetInt());
  if (proxy_) {
    const auto& behind = state["behind"][std::to_string(proxy_->port()).c_str()];
    proxy_->forward_to(static_cast<std::uint16_t>(behind.GetInt()));
  }
  client_.reset(connect(bootstrap_));
  return true;
}

// The port is open before the broker lets clients in: it must have told one of itself.
bool KafkaBroker::answers() {
  const struct rd_kafka_metadata* metadata = nullptr;
  if (rd_kafka_metadata(client_.get(), 0, nullptr, &metadata, 500) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return false;
  const bool any = metadata->broker_cnt > 0;
  rd_kafka_metadata_destroy(metadata);
  return any;
}

void KafkaBroker::kill() {
  if (process_) process_->stop();
  process_.reset();
}

void KafkaBroker::stop() {
  if (!alive()) return;
  ::kill(process_->pid(), SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (process_->alive() && std::chrono::steady_clock::now() < deadline) ::usleep(5'000);
  kill();
}

void KafkaBroker::start() {
  if (!alive()) run();
}

void KafkaBroker::pause() {
  if (!alive()) return;
  ::kill(process_->pid(), SIGSTOP);
  int status = 0;
  ::waitpid(process_->pid(), &status, WUNTRACED);  // all of its threads have stopped then
}

void KafkaBroker::resume() {
  if (alive()) ::kill(process_->pid(), SIGCONT);
}

void KafkaBroker::fill_disk() {
  const rlimit nothing{.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
  if (alive()) ::prlimit(process_->pid(), RLIMIT_FSIZE, &nothing, nullptr);
}

std::string KafkaBroker::fresh_name(const std::string& stem) { return stem + std::to_string(++names_); }

void KafkaBroker::create_topic(const std::string& name, int partitions,
                               const std::map<std::string, std::string>& config) {
  char why[512];
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, why, sizeof why);
  if (topic == nullptr) give_up("cannot create " + name + ": " + why);
  for (const auto& [key, value] : config) rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
  Question question(client_.get());
  rd_kafka_CreateTopics(client_.get(), &topic, 1, nullptr, question.queue);
  rd_kafka_NewTopic_destroy(topic);
  std::size_t count = 0;
  const auto* const answer = rd_kafka_event_CreateTopics_result(question.answer("create " + name));
  const auto** const results = rd_kafka_CreateTopics_result_topics(answer, &count);
  throw_refusals("create " + name, results, count);
}

void KafkaBroker::delete_topic(const std::string& name) {
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
  Question question(client_.get());
  rd_kafka_DeleteTopics(client_.get(), &topic, 1, nullptr, question.queue);
  rd_kafka_DeleteTopic_destroy(topic);
  std::size_t count = 0;
  const auto* const answer = rd_kafka_event_DeleteTopics_result(question.answer("delete " + name));
  const auto** const results = rd_kafka_DeleteTopics_result_topics(answer, &count);
  throw_refusals("delete " + name, results, count);
}

}  // namespace paytick::testing
