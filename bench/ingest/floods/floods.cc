#include "floods.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <string_view>

namespace paytick::bench {
namespace {

constexpr const char* kAddress = "127.0.0.1";
constexpr std::size_t kHeldMax = 5'000;
constexpr std::size_t kLargeBytes = 60'000;

// Whether the other side has answered or ended, without waiting.
bool has_answered(int fd) {
  char c = 0;
  const ssize_t n = ::recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK);
  return n == 0 || n == 1 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void limit_waiting(int fd) {
  const timeval time{.tv_sec = 0, .tv_usec = 200'000};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

}  // namespace

const char* name_of(FloodKind kind) {
  switch (kind) {
    case FloodKind::connections:
      return "connections";
    case FloodKind::handshakes:
      return "handshakes left open";
    case FloodKind::pings:
      return "pings on one socket";
    case FloodKind::large_messages:
      return "large messages";
    case FloodKind::challenges:
      return "login challenges";
  }
  return "";
}

Flood::Flood(FloodKind kind, const Target& target) : target_(target), thread_([this, kind] { run(kind); }) {}

FloodFigures Flood::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return {asked_, refused_, most_mb_};
}

void Flood::run(FloodKind kind) {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 19);
  switch (kind) {
    case FloodKind::connections:
      return hold(false);
    case FloodKind::handshakes:
      return hold(true);
    case FloodKind::pings:
      return send_on_one_socket(masked_text_frame(ping_text(target_, 0)));
    case FloodKind::large_messages:
      return send_on_one_socket(masked_text_frame(std::string(kLargeBytes, 'x')));
    case FloodKind::challenges:
      return ask_for_challenges();
  }
}

// Opens connections without end, and lets the oldest go when there are very many.
void Flood::hold(bool half_a_request) {
  std::deque<int> held;
  const std::string request = upgrade_request();
  while (!stop_) {
    const int fd = connect_from(kAddress, target_.port);
    ++asked_;
    if (fd < 0) {
      ++refused_;
      continue;
    }
    if (half_a_request) send_all(fd, std::string_view(request).substr(0, request.size() - 2));
    held.push_back(fd);
    if (held.size() < kHeldMax) continue;
    if (has_answered(held.front())) ++refused_;
    ::close(held.front());
    held.pop_front();
  }
  for (const int fd : held) {
    if (has_answered(fd)) ++refused_;
    ::close(fd);
  }
}

// Comes back each time that it is closed.
void Flood::send_on_one_socket(const std::string& frame) {
  std::array<char, 64 * 1024> answers;
  while (!stop_) {
    const int fd = connect_from(kAddress, target_.port);
    if (fd < 0) continue;
    limit_waiting(fd);
    send_all(fd, upgrade_request());
    bool open = ::recv(fd, answers.data(), answers.size(), 0) > 0;
    while (open && !stop_) {
      ++asked_;
      open = send_all(fd, frame);
      ssize_t n = 0;
      while ((n = ::recv(fd, answers.data(), answers.size(), MSG_DONTWAIT)) > 0) {
      }
      open = open && n < 0;
    }
    ++refused_;
    ::close(fd);
  }
}

void Flood::ask_for_challenges() {
  static constexpr std::string_view kAsk =
      "POST /v1/login/challenge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 70\r\n\r\n"
      R"({"account":"GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7"})";
  std::array<char, 4096> answer;
  while (!stop_) {
    const int fd = connect_from(kAddress, target_.port);
    if (fd < 0) continue;
    limit_waiting(fd);
    bool open = true;
    while (open && !stop_) {
      ++asked_;
      send_all(fd, kAsk);
      const ssize_t n = ::recv(fd, answer.data(), answer.size(), 0);
      const std::string_view said(answer.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      if (said.find(" 429 ") != said.npos) ++refused_;
      open = n > 0 && said.find("Connection: close") == said.npos;
    }
    ::close(fd);
  }
}

}  // namespace paytick::bench
