#include "app/load/tally.h"

#include <sstream>

namespace paytick::app::load {

std::string Tally::to_text() const {
  std::ostringstream out;
  out << sent << ' ' << accepted << ' ' << refused << ' ' << lost << ' ' << from_sent.to_text() << ' '
      << from_due.to_text();
  for (const auto& [code, times] : errors) out << ' ' << code << ' ' << times;
  return out.str();
}

bool Tally::add_text(std::string_view text) {
  std::istringstream in{std::string(text)};
  Tally other;
  std::string sent_times, due_times, code;
  if (!(in >> other.sent >> other.accepted >> other.refused >> other.lost >> sent_times >> due_times) ||
      !other.from_sent.add_text(sent_times) || !other.from_due.add_text(due_times))
    return false;
  for (std::uint64_t times = 0; in >> code;) {
    if (!(in >> times)) return false;
    other.error(code, times);
  }
  merge(other);
  return true;
}

}  // namespace paytick::app::load
