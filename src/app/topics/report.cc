#include "app/topics/report.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <string_view>

namespace paytick::app {
namespace {

using log::Mend;
using log::TopicChange;
using log::Verdict;

std::string_view mark(const TopicChange& change) {
  if (change.verdict == Verdict::breaks) return "! ";
  return change.verdict == Verdict::wanted ? "~ " : "  ";
}

std::string headline(const TopicChange& change) {
  if (change.what == "topic")
    return change.subject + (change.mend == Mend::apply ? " is to be made: " : " is missing: ") + change.to;
  if (change.what == "right") return change.subject + ": " + change.from + " -> " + change.to;
  return change.subject + ": " + change.what + " " + change.from + " -> " + change.to;
}

}  // namespace

std::string to_words(const std::vector<TopicChange>& changes) {
  std::string text;
  for (const TopicChange& change : changes) {
    text.append(mark(change)).append(headline(change)).append("\n      ");
    if (change.verdict == Verdict::breaks) text += "a promise breaks: ";
    text.append(change.why).append("\n");
    if (change.mend == Mend::by_hand) text.append("      by hand: ").append(change.how).append("\n");
  }
  return text;
}

std::string to_json(const std::vector<TopicChange>& changes) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json(buffer);
  json.SetIndent(' ', 2);
  const auto add = [&json](std::string_view name, std::string_view value) {
    json.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  json.StartObject();
  json.Key("changes");
  json.StartArray();
  for (const TopicChange& change : changes) {
    json.StartObject();
    add("subject", change.subject);
    add("what", change.what);
    add("from", change.from);
    add("to", change.to);
    add("verdict", to_text(change.verdict));
    add("mend", to_text(change.mend));
    add("why", change.why);
    if (!change.how.empty()) add("how", change.how);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace paytick::app
