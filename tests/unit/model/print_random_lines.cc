// Prints random valid lines of a topic, for validators in other languages.
// Usage: print_random_lines heartbeats|ticks|settlements|catalog|refusals N

#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <string>

#include "model/codec.h"
#include "unit/model/random_events.h"

namespace paytick::codec {
namespace {

template <typename Target>
void print(std::mt19937_64& random, std::size_t n) {
  std::string line;
  write(random_event(random, n, static_cast<const Target*>(nullptr)), line);
  std::cout << line;
}

// Frames head the records of two topics.
template <typename Target>
void print_framed(std::mt19937_64& random, std::size_t n) {
  if (n % 16 == 0) return print<FrameHeader>(random, n);
  if (n % 16 == 1) return print<Fence>(random, n);
  print<Target>(random, n);
}

int run(int argc, char** argv) {
  const std::map<std::string, std::function<void(std::mt19937_64&, std::size_t)>> topics = {
      {"heartbeats", print<Input>},
      {"ticks", print_framed<Output>},
      {"settlements", print_framed<Settlement>},
      {"catalog", print<CatalogLine>},
      {"refusals", print<Refusal>}};
  const auto topic = argc == 3 ? topics.find(argv[1]) : topics.end();
  if (topic == topics.end()) {
    std::cerr << "usage: print_random_lines heartbeats|ticks|settlements|catalog|refusals N\n";
    return 2;
  }
  std::mt19937_64 random(42);
  const std::size_t lines = std::strtoul(argv[2], nullptr, 10);
  for (std::size_t n = 0; n < lines; ++n) topic->second(random, n);
  return 0;
}

}  // namespace
}  // namespace paytick::codec

int main(int argc, char** argv) { return paytick::codec::run(argc, argv); }
