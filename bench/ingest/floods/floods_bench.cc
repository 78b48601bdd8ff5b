// A thousand good players watch while somebody floods the gateway: five floods, one after the other.
// README.md says how to run it and how to read it.
//
//   build/release/floods_bench [seconds of each phase]

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "floods.h"
#include "players.h"

namespace {

using namespace paytick::bench;

constexpr std::size_t kPlayers = 1'000;
constexpr double kWorseMax = 2;
constexpr double kAlwaysGoodMs = 20;

// gateway_bench as a child: where it listens, and what may be played.
struct Child {
  pid_t pid = -1;
  Target target;
};

std::string word_after(const std::string& text, const std::string& name) {
  const auto at = text.find(name);
  if (at == std::string::npos) return {};
  const auto begin = at + name.size();
  return text.substr(begin, text.find_first_of(" \n", begin) - begin);
}

// Port 0: it did not start.
Child start_gateway(const std::string& program) {
  std::array<int, 2> out{};
  if (::pipe(out.data()) != 0) return {};
  Child child;
  child.pid = ::fork();
  if (child.pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::dup2(out[1], STDOUT_FILENO);
    ::execl(program.c_str(), program.c_str(), "1000", "0", "4000", "limits", nullptr);
    std::_Exit(127);
  }
  ::close(out[1]);
  // Its log may say something first.
  std::string text;
  char c = 0;
  while (::read(out[0], &c, 1) == 1 && (c != '\n' || !text.starts_with("paytick load"))) {
    if (c == '\n') {
      text.clear();
    } else {
      text += c;
    }
  }
  const std::string port = word_after(text, "--listen http://127.0.0.1:");
  child.target.port = static_cast<std::uint16_t>(std::strtoul(port.c_str(), nullptr, 10));
  child.target.content = word_after(text, "--content ");
  child.target.meters = read_meters(word_after(text, "--meters "));
  return child;
}

}  // namespace

int main(int count, char** words) {
  const int seconds = count > 1 ? std::atoi(words[1]) : 10;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  std::signal(SIGPIPE, SIG_IGN);

  const std::string self = words[0];
  const Child child = start_gateway(self.substr(0, self.rfind('/') + 1) + "gateway_bench");
  if (child.target.port == 0 || child.target.meters.size() < kPlayers)
    return std::cerr << "gateway_bench did not start\n", 1;

  Players players(child.target, kPlayers);
  players.play(2);  // everybody has opened
  bool good = true;
  std::cout
      << "| flood | p99 quiet, ms | p99 flooded, ms | asked of the gateway | refused or closed | resident "
         "before, MB | at most, MB |\n|---|---|---|---|---|---|---|\n";
  for (const FloodKind kind : kFloods) {
    const Played quiet = players.play(seconds);
    const double before_mb = resident_mb(child.pid);
    Flood flood(kind, child.target);
    const Played flooded = players.play(seconds, [&] { flood.note_memory(resident_mb(child.pid)); });
    const FloodFigures figures = flood.stop();
    good = good && flooded.p99_ms <= std::max(kWorseMax * quiet.p99_ms, kAlwaysGoodMs) && flooded.lost == 0;
    std::cout << fmt::format("| {} | {:.1f} | {:.1f} | {} | {} | {:.0f} | {:.0f} |\n", name_of(kind),
                             quiet.p99_ms, flooded.p99_ms, figures.asked, figures.refused, before_mb,
                             figures.most_mb)
              << std::flush;
    players.play(1);
  }
  std::cout << (good ? "good: " : "NOT GOOD: ")
            << "p99 at most twice its quiet value or 20 ms, and no player was lost\n";
  ::kill(child.pid, SIGTERM);
  ::waitpid(child.pid, nullptr, 0);
  return good ? 0 : 1;
}
