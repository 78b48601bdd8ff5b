#pragma once
// What `paytick topics` prints.

#include <string>
#include <vector>

#include "log/kafka/topics.h"

namespace paytick::app {

std::string to_words(const std::vector<log::TopicChange>& changes);
std::string to_json(const std::vector<log::TopicChange>& changes);

}  // namespace paytick::app
