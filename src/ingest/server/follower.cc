#include "ingest/server/follower.h"

#include <chrono>

namespace paytick::ingest::server {
namespace {

// How stale the view of catalogue, meters and others' sessions may be.
constexpr std::chrono::milliseconds kPeriod{50};

}  // namespace

Result<void> Follower::catch_up() {
  auto contents = catalog_.pump();
  if (!contents) return tl::unexpected(std::move(contents.error()));
  if (!follow_meters_) return {};
  auto meters = meters_.pump(sessions_);
  if (!meters) return tl::unexpected(std::move(meters.error()));
  return {};
}

void Follower::start() {
  thread_ = std::thread([this] { run(); });
}

void Follower::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

// An error of the log is retried for ever: the view grows stale, billing of what is known goes on.
void Follower::run() {
  while (!stop_) {
    const auto started = std::chrono::steady_clock::now();
    (void)catch_up();
    log_.wait(kCatalogTopic, catalog_.position(), kPeriod);
    // wait() returns at once after an interrupt.
    std::this_thread::sleep_until(started + kPeriod / 2);
  }
}

}  // namespace paytick::ingest::server
