#include "players.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iostream>

namespace paytick::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPeriod{1'000};
constexpr std::size_t kPerAddress = 100;

}  // namespace

std::vector<std::string> read_meters(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> meters;
  std::string line;
  std::getline(in, line);  // the router
  while (std::getline(in, line)) meters.push_back(line);
  return meters;
}

std::string ping_text(const Target& target, std::size_t player) {
  return fmt::format(R"({{"type":"ping","videoId":"{}","contractId":"{}"}})", target.content,
                     target.meters.at(player));
}

double resident_mb(pid_t process) {
  std::ifstream in(fmt::format("/proc/{}/statm", process));
  double total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

int connect_from(const std::string& address, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in from{}, to{};
  from.sin_family = to.sin_family = AF_INET;
  ::inet_pton(AF_INET, address.c_str(), &from.sin_addr);
  ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  to.sin_port = htons(port);
  const int yes = 1;
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) == 0 &&
      ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0)
    return fd;
  ::close(fd);
  return -1;
}

std::string upgrade_request() {
  return "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

std::string masked_text_frame(const std::string& text) {
  std::string frame = "\x81";
  if (text.size() < 126) {
    frame += static_cast<char>(0x80 | text.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(text.size() >> 8);
    frame += static_cast<char>(text.size() & 0xff);
  }
  return frame.append(4, '\0').append(text);
}

struct Players::Impl {
  struct Player {
    int fd = -1;
    std::string ping;
    Clock::time_point next, sent;
    bool waiting = false;
  };
  int epoll = ::epoll_create1(0);
  std::vector<Player> players;

  void listen(std::size_t i) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, players[i].fd, &event);
  }
  // An answer fits into one read: it is short, and asked for one at a time.
  void answered(std::size_t i, std::vector<double>& times_ms) {
    Player& player = players[i];
    std::array<char, 4096> piece;
    const ssize_t n = ::recv(player.fd, piece.data(), piece.size(), MSG_DONTWAIT);
    if (n <= 0) {
      ::close(player.fd);
      player.fd = -1;
      return;
    }
    if (static_cast<unsigned char>(piece[0]) != 0x81 || !player.waiting) return;  // the gateway's own ping
    player.waiting = false;
    times_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - player.sent).count());
  }
};

Players::Players(const Target& target, std::size_t count) : impl_(std::make_unique<Impl>()) {
  const auto start = Clock::now();
  for (std::size_t i = 0; i < count; ++i) {
    Impl::Player player;
    player.fd = connect_from(fmt::format("127.0.1.{}", 1 + i / kPerAddress), target.port);
    const std::string request = upgrade_request();
    ::send(player.fd, request.data(), request.size(), 0);
    std::array<char, 1024> answer;
    if (::recv(player.fd, answer.data(), answer.size(), 0) <= 0) std::cerr << "a player was not let in\n";
    player.ping = masked_text_frame(ping_text(target, i));
    player.next = start + kPeriod * i / count;
    impl_->players.push_back(player);
    impl_->listen(i);
  }
}

Players::~Players() {
  for (const auto& player : impl_->players)
    if (player.fd >= 0) ::close(player.fd);
  ::close(impl_->epoll);
}

Played Players::play(int seconds, const std::function<void()>& each_second) {
  std::vector<double> times_ms;
  const auto start = Clock::now();
  auto second = start;
  const auto end = start + std::chrono::seconds(seconds);
  for (auto now = start; now < end; now = Clock::now()) {
    for (auto& player : impl_->players) {
      if (player.fd < 0 || player.waiting || player.next > now) continue;
      player.sent = Clock::now();
      player.waiting = true;
      player.next = std::max(player.next + kPeriod, now);
      ::send(player.fd, player.ping.data(), player.ping.size(), MSG_NOSIGNAL);
    }
    std::array<epoll_event, 256> events;
    const int ready = ::epoll_wait(impl_->epoll, events.data(), static_cast<int>(events.size()), 1);
    for (int i = 0; i < ready; ++i) impl_->answered(events[static_cast<std::size_t>(i)].data.u64, times_ms);
    if (now >= second && each_second) {
      each_second();
      second += std::chrono::seconds(1);
    }
  }
  Played played;
  played.answers = times_ms.size();
  for (const auto& player : impl_->players) played.lost += player.fd < 0 ? 1 : 0;
  if (times_ms.empty()) return played;
  std::sort(times_ms.begin(), times_ms.end());
  played.p99_ms = times_ms[times_ms.size() * 99 / 100];
  return played;
}

}  // namespace paytick::bench
