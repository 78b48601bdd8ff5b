#include "support/kafka_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <vector>

namespace paytick::testing {
namespace {

constexpr std::uint64_t kNone = ~0ULL;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  address.sin_port = ::htons(port);
  return address;
}

bool read_exactly(int from, char* into, std::size_t size) {
  while (size != 0) {
    const ssize_t got = ::recv(from, into, size, 0);
    if (got <= 0) return false;
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

// A length of four bytes and that many more; kept together, as they are sent on together.
bool read_frame(int from, std::vector<char>& frame) {
  std::uint32_t size = 0;
  frame.resize(sizeof size);
  if (!read_exactly(from, frame.data(), sizeof size)) return false;
  std::memcpy(&size, frame.data(), sizeof size);
  frame.resize(sizeof size + ::ntohl(size));
  return frame.size() >= 8 && read_exactly(from, frame.data() + sizeof size, frame.size() - sizeof size);
}

bool write_frame(int to, const std::vector<char>& frame) {
  for (std::size_t sent = 0; sent < frame.size();) {
    const ssize_t now = ::send(to, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += static_cast<std::size_t>(now);
  }
  return true;
}

// A request starts with api key (2 bytes), api version (2) and correlation id (4); an answer with the
// correlation id.
std::int16_t api_of(const std::vector<char>& request) {
  std::uint16_t api = 0;
  std::memcpy(&api, request.data() + 4, sizeof api);
  return static_cast<std::int16_t>(::ntohs(api));
}

std::uint32_t correlation_at(const std::vector<char>& frame, std::size_t offset) {
  std::uint32_t id = 0;
  if (frame.size() >= offset + sizeof id) std::memcpy(&id, frame.data() + offset, sizeof id);
  return ::ntohl(id);
}

void send_at_once(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

struct KafkaProxy::Connection {
  int client = -1;
  int broker = -1;
  std::atomic<std::uint64_t> cut_at_answer{kNone};   // a correlation id
  std::atomic<std::uint64_t> awaited_answer{kNone};  // likewise, of the held request
  std::atomic<int> pumping{2};
  std::thread requests;
  std::thread answers;

  void cut() const {
    ::shutdown(client, SHUT_RDWR);
    ::shutdown(broker, SHUT_RDWR);
  }
  ~Connection() {
    if (requests.joinable()) requests.join();
    if (answers.joinable()) answers.join();
    ::close(client);
    ::close(broker);
  }
};

KafkaProxy::KafkaProxy() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the Kafka proxy cannot listen");
  port_ = ::ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

KafkaProxy::~KafkaProxy() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    for (const auto& connection : connections_) connection->cut();
  }
  changed_.notify_all();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  connections_.clear();
  ::close(listener_);
}

void KafkaProxy::accept_all() {
  while (!is_ending_) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const int broker = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(broker_port_);
    if (is_blocked_ || is_ending_ ||
        ::connect(broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(client);
      ::close(broker);
      continue;
    }
    send_at_once(client);
    send_at_once(broker);
    const std::lock_guard lock(mutex_);
    connections_.remove_if([](const auto& connection) { return connection->pumping == 0; });
    Connection& connection = *connections_.emplace_back(std::make_unique<Connection>());
    connection.client = client;
    connection.broker = broker;
    connection.requests = std::thread([this, &connection] { pump_requests(connection); });
    connection.answers = std::thread([this, &connection] { pump_answers(connection); });
  }
}

void KafkaProxy::pump_requests(Connection& connection) {
  std::vector<char> frame;
  while (read_frame(connection.client, frame) && frame.size() >= 12) {
    if (delay_ms_ != 0) std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms_));
    const std::int16_t api = api_of(frame);
    const Fault fault = take_fault(api);
    if (fault == Fault::cut_before) break;
    if (fault == Fault::cut_after) connection.cut_at_answer = correlation_at(frame, 8);
    if (fault == Fault::hold && !hold(connection, correlation_at(frame, 8))) break;
    if (!write_frame(connection.broker, frame)) break;
    const std::lock_guard lock(mutex_);
    ++forwarded_[api];
  }
  {
    // A held request's answer may still be on its way, though the client has gone.
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10),
                      [&] { return connection.awaited_answer == kNone || is_ending_; });
  }
  connection.cut();
  --connection.pumping;
}

void KafkaProxy::pump_answers(Connection& connection) {
  std::vector<char> frame;
  while (read_frame(connection.broker, frame)) {
    const std::uint32_t correlation = correlation_at(frame, 4);
    if (correlation == connection.cut_at_answer) break;
    if (correlation == connection.awaited_answer) note_answer(connection, Held::answered);
    write_frame(connection.client, frame);  // the client may be gone; the broker is heard to the end
  }
  if (connection.awaited_answer != kNone) note_answer(connection, Held::lost);
  connection.cut();
  --connection.pumping;
}

KafkaProxy::Fault KafkaProxy::take_fault(std::int16_t api) {
  const std::lock_guard lock(mutex_);
  const auto found = faults_.find(api);
  if (found == faults_.end()) return Fault::none;
  const Fault fault = found->second;
  faults_.erase(found);
  return fault;
}

bool KafkaProxy::hold(Connection& connection, std::uint32_t correlation) {
  std::unique_lock lock(mutex_);
  connection.awaited_answer = correlation;
  held_ = Held::waiting;
  changed_.notify_all();
  changed_.wait(lock, [this] { return held_ != Held::waiting || is_ending_; });
  return held_ == Held::released;
}

void KafkaProxy::note_answer(Connection& connection, Held outcome) {
  const std::lock_guard lock(mutex_);
  connection.awaited_answer = kNone;
  held_ = outcome;
  changed_.notify_all();
}

void KafkaProxy::hold_next(KafkaApi api) {
  const std::lock_guard lock(mutex_);
  faults_[static_cast<std::int16_t>(api)] = Fault::hold;
}

bool KafkaProxy::await_held(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return held_ == Held::waiting; });
}

bool KafkaProxy::release() {
  std::unique_lock lock(mutex_);
  if (held_ != Held::waiting) return false;
  held_ = Held::released;
  changed_.notify_all();
  changed_.wait_for(lock, std::chrono::seconds(10), [this] { return held_ != Held::released; });
  return held_ == Held::answered;
}

void KafkaProxy::cut_before(KafkaApi api) {
  const std::lock_guard lock(mutex_);
  faults_[static_cast<std::int16_t>(api)] = Fault::cut_before;
}

void KafkaProxy::cut_after(KafkaApi api) {
  const std::lock_guard lock(mutex_);
  faults_[static_cast<std::int16_t>(api)] = Fault::cut_after;
}

void KafkaProxy::block(bool blocked) {
  const std::lock_guard lock(mutex_);
  is_blocked_ = blocked;
  if (!blocked) return;
  for (const auto& connection : connections_) connection->cut();
}

std::int64_t KafkaProxy::forwarded(KafkaApi api) {
  const std::lock_guard lock(mutex_);
  return forwarded_[static_cast<std::int16_t>(api)];
}

}  // namespace paytick::testing
