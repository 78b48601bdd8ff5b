#include "log/event_log.h"

namespace paytick::log {

std::string_view to_text(Topic topic) {
  switch (topic) {
    case Topic::heartbeats:
      return "heartbeats";
    case Topic::heartbeats_in:
      return "heartbeats-in";
    case Topic::ticks:
      return "ticks";
    case Topic::settlements:
      return "settlements";
    case Topic::replies:
      return "replies";
    case Topic::catalog:
      return "catalog";
    case Topic::snapshots:
      return "snapshots";
    case Topic::refusals:
      return "refusals";
  }
  return "unknown";
}

std::string_view to_text(Role role) {
  switch (role) {
    case Role::aggregator:
      return "aggregator";
    case Role::settler:
      return "settler";
    case Role::bridge:
      return "bridge";
  }
  return "unknown";
}

}  // namespace paytick::log
